// The planner's steps, one file each.
#pragma once
#include <string>
#include <vector>

#include "plan/planner.h"

namespace burin {

/// What a hook's `call` stands for: the functions (or syscalls) of a list, or the one that it names.
struct Callee {
  std::string name;          ///< without architecture prefix: "openat", "tcp_connect"
  bool syscall = false;
  bool compat = false;       ///< i386/name
  std::string function;      ///< as events name it: "__x64_sys_openat"
};
/// targets.cpp. An unknown list or a bad pattern goes to `diagnostics`.
std::vector<Callee> callees_of(const Policy& policy, const Hook& hook, const PlanInput& in, Diagnostics& diagnostics);
/// "openat" -> "__x64_sys_openat" for this host's architecture ("__ia32_sys_" for the compat one).
std::string syscall_function(std::string_view name, bool compat, std::string_view arch);

/// rungs.cpp: empty when this rung can serve the hook for this callee, else why not.
std::string problem_of(Rung rung, const Hook& hook, const Callee& callee, const ProbeAttach& attach, const PlanInput& in);
/// The rungs to try, in order.
std::vector<ProbeAttach> ways_of(const Hook& hook, const Callee& callee, const PlanInput& in);

/// arguments.cpp: sources, fields and text slots of args, data and return value.
void plan_arguments(const Hook& hook, const Callee& callee, const PlanInput& in, PlannedHook& planned,
                    Diagnostics& diagnostics);

/// selectors.cpp
PlannedSelector plan_selector(const Selector& selector, const PlannedHook& hook, const PlanInput& in,
                              std::uint32_t& next_mark, Diagnostics& diagnostics);

}  // namespace burin
