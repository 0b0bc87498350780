// What can be known of this host without privileges: enough to render a policy, to estimate what it costs, and to
// evaluate it against recorded events.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compiler.h"
#include "diag/diagnostic.h"
#include "model/hook_plan.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/policy.h"
#include "model/probe_catalog.h"
#include "model/program.h"
#include "model/target_profile.h"

namespace burin {

/// Facts that are read, not tried. Every rung counts as possible; a tracepoint or member that cannot be read only
/// leaves its macro out.
struct Ground {
  HostFacts host;
  LayoutTable layout;
  ProbeCatalog catalog;
  /// The kernel that `host` was made to stand for (control/target.h); null: the one that is here.
  const TargetProfile* target = nullptr;
};

/// Looks at this host for one policy. An error only when our own probe manifests cannot be read.
Result<Ground> look_for(const Policy& policy);

/// The policy planned on that ground; `rung`: only this one may be taken. Mistakes go to `diagnostics`.
HookPlan plan_on(const Ground& ground, const Policy& policy, std::optional<Rung> rung, Diagnostics& diagnostics);

/// One compiled program of a policy.
struct ProgramCost {
  std::string program;           ///< ProgramDef::function
  std::string function;          ///< what it hooks: "tcp_connect"
  std::string rung;              ///< to_string(Rung)
  std::size_t instructions = 0;  ///< of the compiled function; the limit is kMaxFunctionInsns (model/program.h)
};

/// The hook that a program of the policy's unit belongs to; null for those of enforcers.
const PlannedHook* hook_of(std::string_view program, const HookPlan& plan);
/// Names and counts the programs of a policy's image.
std::vector<ProgramCost> costs_of(const ProgramImage& image, const HookPlan& plan);

/// Compiles the policy as a start would and counts. Error{Compile} (with the number) when a function is too large,
/// Error{NotFound} when there is no compiler.
Result<std::vector<ProgramCost>> estimate_cost(const Ground& ground, const HookPlan& plan,
                                               const CompilerOptions& options);

}  // namespace burin
