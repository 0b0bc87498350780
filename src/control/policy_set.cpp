#include "control/policy_set.h"

#include <algorithm>

namespace burin {
namespace {

/// Numbers of hooks with one target stand in their programs' text; those of lists come as cookies. So lists come last,
/// of all policies: a list that grows moves no other number, and nothing is compiled anew.
void number_hooks(std::vector<HookPlan>& plans, HookId next) {
  for (const bool lists : {false, true})
    for (auto& plan : plans)
      for (auto& hook : plan.hooks) {
        if ((hook.targets.size() > 1) != lists) continue;
        for (auto& target : hook.targets) target.id = next++;
        hook.record.hook = hook.id();
      }
}

}  // namespace

Result<std::vector<HookPlan>> plan_set(std::vector<PolicyFile>& files, const PlanInput& ground, std::string& rendered,
                                       bool color) {
  std::vector<HookPlan> plans;
  HookId next = ground.first_id;
  std::uint32_t mark = ground.first_mark;
  for (auto& file : files) {
    const PlanInput input{ground.catalog, ground.host, ground.layout, ground.ask, next, ground.only_rung, mark};
    Diagnostics diagnostics;
    HookPlan plan = plan_policy(file.policy, input, diagnostics);
    diagnostics.sort();
    rendered += render(diagnostics, file.text, color);
    if (diagnostics.has_errors()) return fail(ErrorCode::InvalidPolicy, "policy " + file.path + " has mistakes");
    // A policy of which nothing can run is refused, unless it says of each hook that its absence is fine.
    const auto missed = std::ranges::find(plan.unavailable, false, &UnavailableHook::may_be_absent);
    if (plan.hooks.empty() && !plan.loader && missed != plan.unavailable.end())
      return fail(ErrorCode::Unsupported, "policy " + plan.policy + ": none of its hooks can be had on this host (" +
                                              missed->function + ": " + missed->reason + ")");
    for (const auto& hook : plan.hooks) next = static_cast<HookId>(next + hook.targets.size());
    mark += static_cast<std::uint32_t>(plan.followed.size());
    plans.push_back(std::move(plan));
  }
  std::size_t all = 0;
  for (const auto& plan : plans)
    for (const auto& hook : plan.hooks) all += hook.targets.size();
  // A record names its hook in 16 bits.
  if (const std::size_t most = 0xffffU - ground.first_id; all > most)
    return fail(ErrorCode::Unsupported, "the policies have " + std::to_string(all) + " places to trace (with " +
                                            plans.back().policy + "), and " + std::to_string(most) +
                                            " is the limit: shorten their lists");
  number_hooks(plans, ground.first_id);
  return plans;
}

bool has_programs(const HookPlan& plan) {
  return !plan.hooks.empty() || !plan.enforcers.empty();
}

}  // namespace burin
