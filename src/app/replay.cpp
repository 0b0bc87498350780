// `burin replay`: the events of a raw recording, as the run served them.
#include "control/replay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/getevents.h"
#include "app/options.h"
#include "app/terminal.h"
#include "control/catalog.h"
#include "event/compact.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  options.values("output,o", "json|compact",
                 "form of the output (default json, byte for byte what the run served; | burin getevents filters it)");
  options.values("color", "auto|always|never", "colours of the compact form (default auto)");
  options.flag("timestamps", "put the time in front of each compact line");
}

/// False when standard output takes no more.
bool print(const Event& event, OutputFormat output, const ProbeCatalog& catalog, const CompactOptions& compact) {
  std::string text = event.line;
  if (output == OutputFormat::Compact) {
    text.pop_back();  // the newline
    auto line = compact_line(text, catalog, compact);
    text = line ? std::move(*line) : line.error().text() + '\n';
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

}  // namespace

std::vector<std::string> run_replay_options() {
  OptionSet options(*find_command("replay"));
  declare(options);
  return options.names();
}

int run_replay(const Arguments& arguments) {
  OptionSet options(*find_command("replay"));
  declare(options);
  options.positional("FILE");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals().size() != 1)
    return usage_error("replay", "name one recording, made by burin run --record-raw; - is standard input");
  const auto output = parse_output_format(options.last("output", "json"));
  if (!output) return usage_error("replay", "--output: " + output.error().text());
  const auto color = parse_color_mode(options.last("color", "auto"));
  if (!color) return usage_error("replay", "--color: " + color.error().text());
  auto catalog = load_catalog();
  if (!catalog) return report(catalog.error());
  CompactOptions compact;
  compact.color = *color == ColorMode::Auto ? wants_color(STDOUT_FILENO) : *color == ColorMode::Always;
  compact.timestamps = options.has("timestamps");

  auto done =
      replay(options.positionals()[0], [&](const Event& event) { return print(event, *output, *catalog, compact); });
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return report({ErrorCode::Io, "cannot write to standard output: " + std::generic_category().message(errno)});
  if (!done) return report(done.error());
  if (!done->incomplete.empty())
    fmt::print(stderr, "burin replay: the recording is not complete, its last events are missing: {}\n",
               done->incomplete);
  return kExitOk;
}

}  // namespace burin
