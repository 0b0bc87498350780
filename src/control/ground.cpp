#include "control/ground.h"

#include <algorithm>

#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/host_questions.h"
#include "control/target.h"
#include "host/host_reader.h"
#include "layout/btf_layout.h"
#include "plan/planner.h"

namespace burin {
namespace {

/// Questions that take privileges are not asked: the answer is "yes", or what is known of the target.
HostQuestions unprivileged_questions(const HostFacts& host, const TargetProfile* target) {
  HostQuestions questions = ask_host(host, {});
  questions.kprobe = nullptr;
  questions.trampoline = nullptr;
  if (target)
    questions.trampoline = [target](AttachSpec::Kind kind, std::string_view) { return trampoline_on(*target, kind); };
  questions.mappings = nullptr;
  return questions;
}

}  // namespace

const PlannedHook* hook_of(std::string_view program, const HookPlan& plan) {
  // Programs are named by their hook's index: "p3", "p3_ret".
  const std::string digits(program.substr(1, program.find('_') - 1));
  const bool numbered = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t index = numbered ? std::stoul(digits) : plan.hooks.size();
  return index < plan.hooks.size() ? &plan.hooks[index] : nullptr;
}

Result<Ground> look_for(const Policy& policy) {
  Ground g;
  std::vector<std::string> tracepoints = tracepoints_used();
  const HostFacts known = read_host("/", {});
  for (auto& name : tracepoints_wanted(policy, unprivileged_questions(known, nullptr)))
    tracepoints.push_back(std::move(name));
  g.host = read_host("/", tracepoints);
  g.host.kprobe.works = g.host.sock_ops.works = g.host.override_return.works = g.host.write_user.works = true;
  if (auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members()))
    g.layout = std::move(*layout);
  else
    g.layout.source = "none";
  TRY(g.catalog, load_catalog());
  return g;
}

HookPlan plan_on(const Ground& ground, const Policy& policy, std::optional<Rung> rung, Diagnostics& diagnostics) {
  const PlanInput input{ground.catalog,
                        ground.host,
                        ground.layout,
                        unprivileged_questions(ground.host, ground.target),
                        kFirstPolicyHook,
                        rung,
                        0};
  return plan_policy(policy, input, diagnostics);
}

std::vector<ProgramCost> costs_of(const ProgramImage& image, const HookPlan& plan) {
  std::vector<ProgramCost> out;
  for (const auto& program : image.programs) {
    ProgramCost cost{program.function, program.function, {}, program.insns.size()};
    if (const PlannedHook* hook = hook_of(program.function, plan)) {
      cost.function = hook->function();
      cost.rung = to_string(hook->rung);
      if (program.function.ends_with("_ret")) cost.function += " (return)";
    }
    out.push_back(std::move(cost));
  }
  return out;
}

Result<std::vector<ProgramCost>> estimate_cost(const Ground& ground, const HookPlan& plan,
                                               const CompilerOptions& options) {
  if (plan.hooks.empty()) return std::vector<ProgramCost>{};
  TRY(const RenderedUnit unit, render_policy(plan, ground.host, ground.layout));
  TRY(const ProgramImage image, Compiler(options, nullptr).compile(unit.source));
  return costs_of(image, plan);
}

}  // namespace burin
