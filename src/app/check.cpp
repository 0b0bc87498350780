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
#include "app/targets.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "control/ground.h"
#include "control/host_check.h"
#include "control/policy_files.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  declare_variables(options);
  options.flag("json",
               "print the diagnostics as a JSON array on standard output, for editors; with --target an object");
  options.flag("no-host", "do not look whether this host has what the policies name");
  options.flag("cost", "compile each policy and print how many instructions its programs have");
  declare_targets(options);
}

/// What each target says to each policy that has no mistakes. With --json nothing is printed here: the result is the
/// array "targets".
Result<std::string> look_at_targets(std::vector<PolicyFile>& files, const std::vector<const TargetProfile*>& targets,
                                    bool json) {
  std::string out;
  for (auto& file : files) {
    if (file.diagnostics.has_errors()) continue;
    for (const auto* target : targets) {
      TRY(const TargetVerdict verdict, judge(file.policy, *target, {}));
      if (json)
        out += (out.empty() ? "\n" : ",\n") + verdict_json(file, verdict);
      else
        print_verdict(file.path, verdict);
      add_refusals(verdict, file.diagnostics);
    }
  }
  return out;
}

void print_json(const std::vector<PolicyFile>& files, const char* end = "\n") {
  bool first = true;
  fmt::print("[");
  for (const auto& file : files) {
    for (const auto& d : file.diagnostics.all()) {
      fmt::print("{}{}", first ? "\n" : ",\n", to_json(d));
      first = false;
    }
  }
  fmt::print("{}]{}", first ? "" : "\n", end);
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

/// What only planning finds, on the ground of this host; with `cost` the size of the compiled programs too. What this
/// host lacks is no mistake of the policy.
Result<> plan_here(PolicyFile& file, bool cost) {
  if (file.diagnostics.has_errors()) return Ok{};
  TRY(const Ground ground, look_for(file.policy));
  Diagnostics found;
  const HookPlan plan = plan_on(ground, file.policy, std::nullopt, found);
  for (const auto& d : found.all()) {
    if (d.severity == Severity::Error)
      file.diagnostics.error(d.id, d.span, d.message, d.hint);
    else
      file.diagnostics.warning(d.id, d.span, d.message, d.hint);
  }
  file.diagnostics.sort();
  if (!cost || found.has_errors()) return Ok{};
  TRY(const auto programs, estimate_cost(ground, plan, {}));
  for (const auto& p : programs)
    fmt::print("{}: {} ({}): {} instructions of at most {}\n", file.path, p.function, p.rung, p.instructions,
               kMaxFunctionInsns);
  return Ok{};
}

void print_text(const std::vector<PolicyFile>& files) {
  std::size_t errors = 0, warnings = 0;
  for (const auto& file : files) {
    fmt::print(stderr, "{}", render(file.diagnostics, file.text, wants_color(STDERR_FILENO)));
    std::size_t here = 0;
    for (const auto& d : file.diagnostics.all()) (d.severity == Severity::Error ? here : warnings) += 1;
    if (!here)
      fmt::print("{}: ok, policy \"{}\", {} hook(s)\n", file.path, file.policy.name,
                 file.policy.hooks.size() + (file.policy.loader ? 1 : 0));
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
  std::vector<const TargetProfile*> targets;
  if (auto code = read_targets(options, "check", targets)) return *code;
  auto read = read_policy_files(options.positionals(), variables);
  if (!read) return report(read.error());
  std::vector<PolicyFile>& files = *read;
  if (!options.has("no-host")) {
    look_at_host(files);
    for (auto& file : files)
      if (auto planned = plan_here(file, options.has("cost")); !planned) return report(planned.error());
  }
  const auto verdicts = look_at_targets(files, targets, options.has("json"));
  if (!verdicts) return report(verdicts.error());
  if (!options.has("json")) {
    print_text(files);
  } else if (targets.empty()) {
    print_json(files);
  } else {
    fmt::print("{{\"diagnostics\": ");
    print_json(files, "");
    fmt::print(",\n\"targets\": [{}\n]}}\n", *verdicts);
  }
  const bool wrong = std::ranges::any_of(files, [](const auto& file) { return file.diagnostics.has_errors(); });
  return wrong ? kExitPolicy : kExitOk;
}

}  // namespace burin
