// `burin render`: the C that a policy becomes, with the policy line behind each part.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "app/targets.h"
#include "app/terminal.h"
#include "app/variables.h"
#include "codegen/renderer.h"
#include "control/ground.h"
#include "control/policy_files.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  declare_variables(options);
  options.values("rung", "RUNG",
                 "render for this way of attaching only (kprobe, tracepoint+sock_ops, syscall tracepoint ...; default: "
                 "the first of each hook)");
  declare_targets(options);
  options.flag("base", "also print the programs that always run (exec, exit, clone)");
}

void print_unit(const RenderedUnit& unit) {
  for (const auto& [name, value] : unit.source.defines) fmt::print("#define {} {}\n", name, value);
  fmt::print("{}", annotated(unit.source));
  for (const auto& init : unit.inits)
    fmt::print("/* map {}: {} element(s) written before attaching */\n", init.map, init.entries.size());
  for (const auto& a : unit.attaches)
    if (a.kind != AttachSpec::Kind::None) fmt::print("/* {} is attached to {} */\n", a.function, a.target);
}

}  // namespace

std::vector<std::string> run_render_options() {
  OptionSet options(*find_command("render"));
  declare(options);
  return options.names();
}

int run_render(const Arguments& arguments) {
  OptionSet options(*find_command("render"));
  declare(options);
  options.positional("FILE");
  if (auto code = options.parse(arguments)) return *code;
  if (options.positionals().size() != 1) return usage_error("render", "name one policy file");
  std::optional<Rung> rung;
  if (options.has("rung")) {
    const std::string name = options.last("rung", "");
    std::string known;
    for (const Rung r : all_rungs()) {
      if (name == to_string(r)) rung = r;
      known += (known.empty() ? "" : ", ") + std::string(to_string(r));
    }
    if (!rung) return usage_error("render", "--rung takes one of " + known + ", not \"" + name + "\"");
  }
  Variables variables;
  if (auto code = read_variables(options, "render", variables)) return *code;
  std::vector<const TargetProfile*> targets;
  if (auto code = read_targets(options, "render", targets)) return *code;
  if (targets.size() > 1) return usage_error("render", "--target takes one kernel here");
  auto file = read_policy_file(options.positionals()[0], variables);
  if (!file) return report(file.error());
  fmt::print(stderr, "{}", render(file->diagnostics, file->text, wants_color(STDERR_FILENO)));
  if (file->diagnostics.has_errors()) return kExitPolicy;
  auto ground = look_for(file->policy);
  if (!ground) return report(ground.error());
  if (!targets.empty() && !targets[0]->is_host()) *ground = on_target(std::move(*ground), *targets[0]);
  if (options.has("base")) {
    auto base = render_base(ground->host, ground->layout);
    if (!base) return report(base.error());
    print_unit(*base);
  }
  Diagnostics diagnostics;
  // Without trying the kernel (that needs privileges) every rung counts as possible: the first one is shown.
  const HookPlan plan = plan_on(*ground, file->policy, rung, diagnostics);
  if (diagnostics.has_errors()) {
    fmt::print(stderr, "{}", render(diagnostics, file->text, wants_color(STDERR_FILENO)));
    return kExitPolicy;
  }
  for (const auto& u : plan.unavailable) fmt::print(stderr, "burin: {} is left out: {}\n", u.function, u.reason);
  if (plan.loader) fmt::print("/* loader: the kernel's perf events of mappings; needs no program */\n");
  if (plan.loader && plan.hooks.empty()) return kExitOk;
  auto unit = render_policy(plan, ground->host, ground->layout);
  if (!unit) return report(unit.error());
  print_unit(*unit);
  return kExitOk;
}

}  // namespace burin
