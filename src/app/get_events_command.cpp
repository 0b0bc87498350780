// `burin getevents`: options of the terminal client; the work is in getevents.cpp.
#include <charconv>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/getevents.h"
#include "app/options.h"
#include "control/catalog.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  options.values(
      "server,s", "URL",
      "the burin to ask (default: NDJSON on standard input if that is a pipe or file, else http://127.0.0.1:7070)");
  options.values("output,o", "json|compact", "form of the output (default json)");
  options.values("last", "N", "begin with the last N events");
  options.values("since", "SEQ", "begin after this sequence number");
  options.values("aggregate", "TIME", "one line for equal events within TIME (10s), with their number");
  options.flag("no-follow", "end after what is in memory instead of waiting for more");
  options.values("color", "auto|always|never", "colours of the compact form (default auto)");
  options.flag("timestamps", "put the time in front of each compact line");
  options.flag("compat", "leave out what Tetragon does not have: burin's object in JSON, arguments in compact lines");
  options.toggle("stack-traces", "compact: print the stack traces below the line (default true)");
  options.toggle("ima-hash", "compact: print the IMA hash below the line (default true)");
  options.flag("bracket-ipv6", "compact: put IPv6 addresses in brackets, which Tetragon does not");
  options.values("pods", "REGEX,...",
                 "only events of pods whose name matches (of the node's name where there are no pods)");
  options.values("processes", "REGEX,...", "only events of binaries that match");
  options.values("namespaces", "NAME,...", "only events of pods in these namespaces");
  options.values("events", "KIND,...",
                 "only these kinds: PROCESS_EXEC (or exec), EXIT, KPROBE, TRACEPOINT, UPROBE, USDT, LSM, LOADER");
  options.values("policies", "NAME,...", "only events of these policies");
  // Tetragon's spellings, so that a tetra command line works as it is.
  options.values("pod", "REGEX,...", "as --pods");
  options.values("process", "REGEX,...", "as --processes");
  options.values("namespace,n", "NAME,...", "as --namespaces");
  options.values("event-types,e", "KIND,...", "as --events");
  options.values("policy-names", "NAME,...", "as --policies");
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::vector<std::string> both(const OptionSet& options, const char* ours, const char* theirs) {
  std::vector<std::string> out = split_commas(options.all(ours));
  for (auto& v : split_commas(options.all(theirs))) out.push_back(std::move(v));
  return out;
}

}  // namespace

std::vector<std::string> run_getevents_options() {
  OptionSet options(*find_command("getevents"));
  declare(options);
  return options.names();
}

int run_getevents(const Arguments& arguments) {
  OptionSet options(*find_command("getevents"));
  declare(options);
  if (auto code = options.parse(arguments)) return *code;
  GetEventsOptions get;
  get.server = options.last("server", "");
  auto output = parse_output_format(options.last("output", "json"));
  if (!output) return usage_error("getevents", "--output: " + output.error().text());
  get.output = *output;
  auto color = parse_color_mode(options.last("color", "auto"));
  if (!color) return usage_error("getevents", "--color: " + color.error().text());
  get.color = *color;
  get.timestamps = options.has("timestamps");
  get.follow = !options.has("no-follow");
  get.compat = options.has("compat");
  get.aggregate = options.last("aggregate", "");
  get.bracket_ipv6 = options.has("bracket-ipv6");
  for (const auto& [name, target] :
       {std::pair{"stack-traces", &get.stack_traces}, std::pair{"ima-hash", &get.ima_hash}}) {
    const auto on = options.is_on(name, true);
    if (!on) return usage_error("getevents", std::string("--") + name + " takes true or false");
    *target = *on;
  }
  for (const auto& [name, target] : {std::pair{"last", &get.last}, std::pair{"since", &get.since}}) {
    if (!options.has(name)) continue;
    const std::string text = options.last(name, "");
    *target = number(text);
    if (!*target) return usage_error("getevents", std::string("--") + name + " takes a number, not \"" + text + "\"");
  }
  get.pods = both(options, "pods", "pod");
  get.processes = both(options, "processes", "process");
  get.namespaces = both(options, "namespaces", "namespace");
  get.events = both(options, "events", "event-types");
  get.policies = both(options, "policies", "policy-names");
  auto catalog = load_catalog();
  if (!catalog) return report(catalog.error());
  return getevents(get, *catalog);
}

}  // namespace burin
