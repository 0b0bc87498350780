// `burin check`: all mistakes of policies at once, without privileges.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "control/policy_files.h"

namespace burin {
std::vector<std::string> run_check_options() {
  OptionSet options(*find_command("check"));
  declare_variables(options);
  return options.names();
}

int run_check(const Arguments& arguments) {
  OptionSet options(*find_command("check"));
  declare_variables(options);
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
  std::size_t errors = 0, warnings = 0;
  for (const auto& file : files) {
    fmt::print(stderr, "{}", render(file.diagnostics, file.text, wants_color(STDERR_FILENO)));
    std::size_t here = 0;
    for (const auto& d : file.diagnostics.all()) (d.severity == Severity::Error ? here : warnings) += 1;
    if (!here) fmt::print("{}: ok, policy \"{}\", {} hook(s)\n", file.path, file.policy.name, file.policy.hooks.size());
    errors += here;
  }
  if (errors || warnings) fmt::print(stderr, "{} error(s), {} warning(s)\n", errors, warnings);
  return errors ? kExitPolicy : kExitOk;
}

}  // namespace burin
