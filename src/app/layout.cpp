// `burin layout`: where structure members lie on this kernel, for people (dump) and for other machines (pack).
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/layout_options.h"
#include "app/options.h"
#include "app/output_file.h"
#include "app/policy_mode.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "bundle/host_profile.h"
#include "codegen/renderer.h"
#include "control/host_study.h"
#include "event/encode.h"
#include "host/host_reader.h"

namespace burin {
namespace {

constexpr const char* kCacheDir = "/var/cache/burin";

void declare(OptionSet& options) {
  declare_layout_options(options);
  options.values("output,o", "FILE", "pack: write to this file (default: standard output)");
  options.values("policy,p", "FILE|DIR",
                 "pack: answer what this policy asks of a host, too: `burin bundle --for` then knows all of it");
  declare_variables(options);
  declare_policy_mode(options);
  options.flag("json", "dump: as JSON");
  options.values("cache-dir", "DIR",
                 "where answers that took long are kept (default /var/cache/burin); \"\" for nowhere");
}

void dump(const LayoutTable& table, const std::vector<std::string>& members) {
  for (const auto& member : members) {
    const auto* place = table.find(member);
    if (!place) {
      fmt::print("{:<44} -\n", member);
      continue;
    }
    fmt::print("{:<44} {:>6} {:>5}", member, place->offset, place->size);
    if (place->mask != 0) fmt::print("  >> {} & {:#x}", place->shift, place->mask);
    if (const auto from = table.filled_from.find(member); from != table.filled_from.end())
      fmt::print("  ({})", from->second);
    fmt::print("\n");
  }
}

void dump_json(const HostFacts& host, const LayoutTable& table, const std::vector<std::string>& members) {
  const auto text = [](std::string_view s) {
    std::string out;
    append_json_string(out, s);
    return out;
  };
  std::string out;
  for (const auto& member : members) {
    out += fmt::format("{}{}:", out.empty() ? "" : ",", text(member));
    const auto* place = table.find(member);
    if (!place) {
      out += "null";
      continue;
    }
    const auto from = table.filled_from.find(member);
    out +=
        fmt::format("{{\"offset\":{},\"size\":{},\"shift\":{},\"mask\":{},\"source\":{}}}", place->offset, place->size,
                    place->shift, place->mask, text(from == table.filled_from.end() ? table.source : from->second));
  }
  fmt::print("{{\"release\":{},\"arch\":{},\"build_id\":{},\"source\":{},\"members\":{{{}}}}}\n", text(host.release),
             text(host.arch), text(host.build_id), text(table.source), out);
}

int write_pack(const std::string& text, const HostFacts& host, const LayoutTable& table, const std::string& file) {
  if (file.empty()) {
    fmt::print("{}", text);
    return kExitOk;
  }
  if (auto done = write_output(file, text); !done) return report(done.error());
  fmt::print(stderr, "{}: {} members of kernel {} ({} bytes)\n", file, table.members.size(), host.release, text.size());
  return kExitOk;
}

void print_attempts(const std::vector<LayoutAttempt>& attempts) {
  for (const auto& a : attempts)
    if (!a.usable) {
      fmt::print(stderr, "burin layout: {}{}: {}\n", to_string(a.source), a.where.empty() ? "" : " (" + a.where + ")",
                 a.outcome);
      if (!a.cure.empty()) fmt::print(stderr, "  {}\n", a.cure);
    }
}

/// A pack with what a bundle has to know of this host.
int pack_host(const OptionSet& options, const LayoutOptions& wanted) {
  StudyOptions study;
  study.layout = wanted;
  study.cache_dir = options.last("cache-dir", kCacheDir);
  Variables variables;
  if (auto code = read_variables(options, "layout", variables)) return *code;
  std::optional<PolicyMode> mode;
  if (auto code = read_policy_mode(options, "layout", mode)) return *code;
  auto files = read_policy_files(options.all("policy"), variables);
  if (!files) return report(files.error());
  set_mode(*files, mode);
  std::string rendered;
  const bool usable = render_mistakes(*files, wants_color(STDERR_FILENO), rendered);
  fmt::print(stderr, "{}", std::exchange(rendered, {}));
  if (!usable) return kExitPolicy;
  std::vector<LayoutAttempt> attempts;
  auto profile = study_host(*files, study, attempts, rendered, wants_color(STDERR_FILENO));
  fmt::print(stderr, "{}", rendered);
  print_attempts(attempts);
  if (!profile) return report(profile.error());
  return write_pack(encode_profile(*profile, layout_members()), profile->host, profile->layout,
                    options.last("output", ""));
}

}  // namespace

std::vector<std::string> run_layout_options() {
  OptionSet options(*find_command("layout"));
  declare(options);
  return options.names();
}

int run_layout(const Arguments& arguments) {
  OptionSet options(*find_command("layout"));
  declare(options);
  options.positional("dump|pack");
  if (auto code = options.parse(arguments)) return *code;
  const auto words = options.positionals();
  if (words.size() != 1 || (words[0] != "dump" && words[0] != "pack"))
    return usage_error("layout", "say what: `burin layout dump` or `burin layout pack`");
  LayoutOptions wanted;
  if (auto code = read_layout_options(options, "layout", wanted)) return *code;
  if (words[0] != "pack" && options.has("policy"))
    return usage_error("layout", "--policy goes with `burin layout pack`");
  if (options.has("policy-mode") && !options.has("policy"))
    return usage_error("layout", "--policy-mode says in which mode the policies of --policy are asked about");
  // What a host can do is found out by loading programs; layouts alone can be packed by anybody.
  if (words[0] == "pack" && (::geteuid() == 0 || options.has("policy"))) return pack_host(options, wanted);
  const HostFacts host = read_host("/", {});
  const std::vector<std::string> members = layout_members();
  LayoutLadder ladder(wanted, host, members, {}, options.last("cache-dir", kCacheDir));
  const auto table = ladder.next();
  print_attempts(ladder.attempts());
  if (!table || table->members.empty())
    return report({ErrorCode::Unsupported, "no source says where the structure members of this kernel lie"});
  if (words[0] == "pack") {
    fmt::print(stderr, "burin layout: not root: the pack has layouts only, nothing for `burin bundle`\n");
    return write_pack(encode_pack(identity_of(host), *table, members), host, *table, options.last("output", ""));
  }
  if (options.has("json"))
    dump_json(host, *table, members);
  else
    dump(*table, members);
  return kExitOk;
}

}  // namespace burin
