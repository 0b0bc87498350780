// What the planner and the pipeline are told of this host and of a plan.
#pragma once
#include "model/event.h"
#include "model/hook_plan.h"
#include "plan/planner.h"

namespace burin {

/// The planner's questions, answered by this kernel.
HostQuestions ask_host();

/// What the decoder needs of one attach point of a hook.
HookInfoPtr hook_info(const HookPlan& plan, const PlannedHook& hook, const HookTarget& target);

}  // namespace burin
