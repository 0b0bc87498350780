// `burin check`: all mistakes of policies at once, without privileges.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "control/host_check.h"
#include "control/policy_files.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  declare_variables(options);
  options.flag("json", "print the diagnostics as a JSON array on standard output, for editors");
  options.flag("no-host", "do not look whether this host has what the policies name");
}

void print_json(const std::vector<PolicyFile>& files) {
  bool first = true;
  fmt::print("[");
  for (const auto& file : files) {
    for (const auto& d : file.diagnostics.all()) {
      fmt::print("{}{}", first ? "\n" : ",\n", to_json(d));
      first = false;
    }
  }
  fmt::print("{}]\n", first ? "" : "\n");
}

/// Warnings about what is not on this host; what could not be looked at is said once.
void look_at_host(std::vector<PolicyFile>& files) {
  std::set<std::string> notes;
  for (auto& file : files) {
    if (file.diagnostics.has_errors()) continue;
    for (auto& note : check_on_host(file.policy, "/", file.diagnostics)) notes.insert(std::move(note));
  }
  for (const auto& note : notes) fmt::print(stderr, "note: {}\n", note);
}

void print_text(const std::vector<PolicyFile>& files) {
  std::size_t errors = 0, warnings = 0;
  for (const auto& file : files) {
    fmt::print(stderr, "{}", render(file.diagnostics, file.text, wants_color(STDERR_FILENO)));
    std::size_t here = 0;
    for (const auto& d : file.diagnostics.all()) (d.severity == Severity::Error ? here : warnings) += 1;
    if (!here) fmt::print("{}: ok, policy \"{}\", {} hook(s)\n", file.path, file.policy.name, file.policy.hooks.size());
    errors += here;
  }
  if (errors || warnings) fmt::print(stderr, "{} error(s), {} warning(s)\n", errors, warnings);
}

}  // namespace

std::vector<std::string> run_check_options() {
  OptionSet options(*find_command("check"));
  declare(options);
  return options.names();
}

int run_check(const Arguments& arguments) {
  OptionSet options(*find_command("check"));
  declare(options);
  options.positional("FILE|DIR");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals().empty()) return usage_error("check", "no policy; name files or directories");
  Variables variables;
  if (auto code = read_variables(options, "check", variables)) return *code;
  auto paths = collect_policy_files(options.positionals());
  if (!paths) return report(paths.error());
  std::vector<PolicyFile> files;
  for (const auto& path : *paths) {
    auto file = read_policy_file(path, variables);
    if (!file) return report(file.error());
    files.push_back(std::move(*file));
  }
  check_names(files);
  if (!options.has("no-host")) look_at_host(files);
  if (options.has("json"))
    print_json(files);
  else
    print_text(files);
  const bool wrong = std::ranges::any_of(files, [](const auto& file) { return file.diagnostics.has_errors(); });
  return wrong ? kExitPolicy : kExitOk;
}

}  // namespace burin
