// The planner's steps, one file each.
#pragma once
#include <string>
#include <vector>

#include "plan/planner.h"

namespace burin {

/// What a hook's `call` stands for: the functions (or syscalls) of a list, or the one that it names.
struct Callee {
  std::string name;  ///< without architecture prefix: "openat", "tcp_connect"
  bool syscall = false;
  bool compat = false;   ///< i386/name
  std::string function;  ///< as events name it: "__x64_sys_openat"
};
/// targets.cpp. An unknown list or a bad pattern goes to `diagnostics`.
std::vector<Callee> callees_of(const Policy& policy, const Hook& hook, const PlanInput& in, Diagnostics& diagnostics);
/// Why a list that the host has to fill is empty here; nothing when it is not.
std::optional<std::string> list_problem(const Policy& policy, const Hook& hook, const PlanInput& in);
/// "openat" -> "__x64_sys_openat" for this host's architecture ("__ia32_sys_" for the compat one).
std::string syscall_function(std::string_view name, bool compat, std::string_view arch);

/// rungs.cpp: empty when this rung can serve the hook for this callee, else why not.
std::string problem_of(Rung rung, const Hook& hook, const Callee& callee, const ProbeAttach& attach,
                       const PlanInput& in);
/// The rungs to try, in order.
std::vector<ProbeAttach> ways_of(const Hook& hook, const Callee& callee, const PolicyOptions& options,
                                 const PlanInput& in);

/// How a value of a hook is had, and the type it has: `problem` says why it cannot be had.
struct Placed {
  ArgSource source;
  std::string type;
  std::string problem;
  SourceSpan span;  ///< of the words that the problem is about
};
/// sources.cpp
Placed source_of(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in);
Placed return_source(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in);
/// True when the callee's own prototype decides how values are read: it cannot share a program with another.
bool reads_prototype(const Hook& hook, Rung rung);
/// registers.cpp: member of struct pt_regs for a register as `source: pt_regs` names it ("rdi", "di"); empty: none.
std::string_view register_member(std::string_view name);

/// arguments.cpp: sources, fields and text slots of args, data and return value.
void plan_arguments(const Hook& hook, const Callee& callee, const PlanInput& in, PlannedHook& planned,
                    Diagnostics& diagnostics);

/// actions.cpp: what an action cannot be done to, whatever the host. Problems go to `diagnostics`.
void check_actions(const Policy& policy, const Hook& hook, const PlanInput& in, Diagnostics& diagnostics);
/// actions.cpp: what the actions need of the record (stacks) and of the way the program is attached; problems of the
/// arguments' types go to `diagnostics`.
void plan_actions(const Hook& hook, PlannedHook& planned, Diagnostics& diagnostics);
/// actions.cpp: empty when the host can do the hook's actions on this rung, else why not.
std::string action_problem(Rung rung, const Hook& hook, const Callee& callee, const PlanInput& in);
/// True when the hook overrides a kernel function by a trampoline: security_* functions, and what spec.options asks
/// for.
bool overrides_by_trampoline(const Hook& hook, const Callee& callee, const PolicyOptions& options);
/// True for one of the hook's actions, at entry or return, for which `wanted` holds.
bool any_action(const Hook& hook, bool (*wanted)(const Action&));

/// What a hook asks for that a kernel may lack, and where the policy says so.
struct Missing {
  std::string reason;
  SourceSpan span;
};
/// kernel_features.cpp: the first thing of the hook that this kernel lacks; nothing when it has all.
std::optional<Missing> missing_feature(const Hook& hook, const PolicyOptions& options, const HostFacts& host);
/// kernel_features.cpp: the same for a place of a uprobe or USDT probe.
std::string missing_feature(const BinaryPlace& place, const HostFacts& host);

/// enforcers.cpp: the programs of `enforcers`. What cannot be had is a diagnostic or an unavailable hook.
void plan_enforcers(const Policy& policy, const PlanInput& in, HookPlan& plan, Diagnostics& diagnostics);

/// Bits of burin_proc.marks that one policy's filters take.
class Marks {
 public:
  /// `followed` takes one entry a bit; the first bit is `first`.
  Marks(std::uint32_t first, std::vector<Followed>& followed) : first_(first), followed_(followed) {}
  /// The bit for this; filters that follow the same share one. Beyond the last one the policy is refused.
  std::optional<std::uint32_t> mark_of(Followed wanted, const SourceSpan& span, Diagnostics& diagnostics);
  /// Name of the next filter's map of cgroups.
  std::string next_workloads() { return "workloads" + std::to_string(workloads_++); }

 private:
  std::uint32_t first_;
  std::vector<Followed>& followed_;
  std::uint32_t workloads_ = 0;
};
/// process_filters.cpp. What this host cannot answer is refused with its place.
void plan_process_filters(const Selector& selector, const PlanInput& in, Marks& marks, Diagnostics& diagnostics,
                          std::vector<PlannedProcessFilter>& out);

/// selectors.cpp
PlannedSelector plan_selector(const Policy& policy, const Selector& selector, const PlannedHook& hook,
                              const PlanInput& in, Marks& marks, Diagnostics& diagnostics);

}  // namespace burin
