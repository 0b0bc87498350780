// All policies of one daemon, decided together: they share the base programs, the numbers of hooks and the marks of
// followed processes.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "control/policy_files.h"
#include "model/hook_plan.h"
#include "plan/planner.h"

namespace burin {

/// Every policy planned on the ground of `ground` (whose first_id and first_mark the first one gets). `rendered`
/// receives the diagnostics as text. Error{InvalidPolicy}: a policy has mistakes; Error{Unsupported}: none of a
/// policy's hooks can be had, and it does not say of each that its absence is fine.
Result<std::vector<HookPlan>> plan_set(std::vector<PolicyFile>& files, const PlanInput& ground, std::string& rendered,
                                       bool color);

/// False for a policy of nothing but `loader: true`, or of nothing that is there (and may be absent).
bool has_programs(const HookPlan& plan);

}  // namespace burin
