#include "control/ground.h"

#include <algorithm>

#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/host_questions.h"
#include "host/host_reader.h"
#include "layout/btf_layout.h"
#include "plan/planner.h"

namespace burin {
namespace {

/// Questions that take privileges are not asked: the answer is "yes".
HostQuestions unprivileged_questions(const HostFacts& host) {
  HostQuestions questions = ask_host(host, {});
  questions.kprobe = nullptr;
  questions.trampoline = nullptr;
  questions.mappings = nullptr;
  return questions;
}

}  // namespace

Result<Ground> look_for(const Policy& policy) {
  Ground g;
  std::vector<std::string> tracepoints = tracepoints_used();
  const HostFacts known = read_host("/", {});
  for (auto& name : tracepoints_wanted(policy, unprivileged_questions(known))) tracepoints.push_back(std::move(name));
  g.host = read_host("/", tracepoints);
  g.host.kprobe.works = g.host.sock_ops.works = g.host.override_return.works = true;
  if (auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members()))
    g.layout = std::move(*layout);
  else
    g.layout.source = "none";
  TRY(g.catalog, load_catalog());
  return g;
}

HookPlan plan_on(const Ground& ground, const Policy& policy, std::optional<Rung> rung, Diagnostics& diagnostics) {
  const PlanInput input{
      ground.catalog, ground.host, ground.layout, unprivileged_questions(ground.host), kFirstPolicyHook, rung, 0};
  return plan_policy(policy, input, diagnostics);
}

Result<std::vector<ProgramCost>> estimate_cost(const Ground& ground, const HookPlan& plan,
                                               const CompilerOptions& options) {
  std::vector<ProgramCost> out;
  if (plan.hooks.empty()) return out;
  TRY(const RenderedUnit unit, render_policy(plan, ground.host, ground.layout));
  TRY(const ProgramImage image, Compiler(options, nullptr).compile(unit.source));
  for (const auto& program : image.programs) {
    ProgramCost cost{program.function, {}, program.insns.size()};
    // Programs are named by their hook's index: "p3", "p3_ret".
    std::size_t index = 0;
    const std::string digits = program.function.substr(1, program.function.find('_') - 1);
    const bool numbered = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (numbered) index = std::stoul(digits);
    if (numbered && index < plan.hooks.size()) {
      cost.function = plan.hooks[index].function();
      cost.rung = to_string(plan.hooks[index].rung);
      if (program.function.ends_with("_ret")) cost.function += " (return)";
    }
    out.push_back(std::move(cost));
  }
  return out;
}

}  // namespace burin
