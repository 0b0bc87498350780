// Policy + host -> HookPlan: which rung serves each hook here, what its record looks like, what each filter compares
// with.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "diag/diagnostic.h"
#include "model/hook_plan.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/policy.h"
#include "model/probe_catalog.h"

namespace burin {

struct PlanInput {
  const ProbeCatalog& catalog;
  const HostFacts& host;
  const LayoutTable& layout;
  /// Whether a kprobe can be set on this kernel function; null = do not ask.
  std::function<Trial(std::string_view)> try_function;
  HookId first_id = kFirstPolicyHook;
  /// Only this rung may be taken (for `burin render --rung` and tests); nothing else is checked against the host then.
  std::optional<Rung> only_rung;
};

/// Decides every hook. A hook that cannot be had goes to `unavailable` with the reason of each rung; mistakes of the
/// user's (an operator that cannot apply) go to `diagnostics`.
HookPlan plan_policy(const Policy& policy, const PlanInput& input, Diagnostics& diagnostics);

}  // namespace burin
