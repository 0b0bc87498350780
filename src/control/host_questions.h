// What the planner and the pipeline are told of this host and of a plan.
#pragma once
#include <filesystem>

#include "model/event.h"
#include "model/hook_plan.h"
#include "plan/planner.h"

namespace burin {

/// The planner's questions, answered by this kernel and its files. `host` has to live as long as the result.
/// `cache_dir` keeps what was learnt of the kernel's types; empty: nothing is kept.
HostQuestions ask_host(const HostFacts& host, const std::filesystem::path& cache_dir);

/// What the decoder needs of one attach point of a hook.
HookInfoPtr hook_info(const HookPlan& plan, const PlannedHook& hook, const HookTarget& target);

}  // namespace burin
