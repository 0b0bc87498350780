// Policy + host -> HookPlan: which rung serves each hook here, what its record looks like, what each filter compares
// with.
#pragma once
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "diag/diagnostic.h"
#include "model/hook_plan.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/policy.h"
#include "model/probe_catalog.h"
#include "model/program.h"

namespace burin {

/// A place in a binary at which a uprobe can be set.
struct BinaryPlace {
  std::string symbol;        ///< as events name it; empty for a bare offset
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t ref_ctr_offset = 0;
  std::vector<UsdtArg> usdt_args;  ///< USDT
  std::string usdt_problem;        ///< USDT: why an argument's specification was not understood; empty: all were
};

/// Questions about this host that the planner asks one by one, because to know all answers beforehand would be slow.
/// Each may be empty: then the question is not asked and the answer is "yes", or "none" for lists.
struct HostQuestions {
  /// Whether a kprobe can be set on this kernel function.
  std::function<Trial(std::string_view)> kprobe;
  /// Whether programs of this kind (Fentry, FmodRet, Lsm) load and attach at this function.
  std::function<Trial(AttachSpec::Kind, std::string_view)> trampoline;
  /// Every syscall this kernel has, without prefix ("openat"), sorted.
  std::function<std::vector<std::string>()> syscalls;
  /// Functions of available_filter_functions that match the pattern (RE2), sorted; an error for a bad pattern.
  std::function<Result<std::vector<std::string>>(std::string_view)> functions;
  /// Places of a uprobe or usdt hook in its binary. An error says what is missing.
  std::function<Result<std::vector<BinaryPlace>>(const Hook&)> places;
  /// Why the kernel gives no perf events of mappings (`loader: true`); empty when it does.
  std::function<std::string()> mappings;
  /// The way from a parameter or structure to a member, and its type: `resolve` and `auto`.
  std::function<Result<BtfPath>(const BtfQuestion&)> path;
};

struct PlanInput {
  const ProbeCatalog& catalog;
  const HostFacts& host;
  const LayoutTable& layout;
  HostQuestions ask;
  HookId first_id = kFirstPolicyHook;
  /// Only this rung may be taken (for `burin render --rung` and tests); nothing else is checked against the host then.
  std::optional<Rung> only_rung;
  /// First bit of burin_proc.marks that is free for followChildren.
  std::uint32_t first_mark = 0;
};

/// Decides every hook. A hook that cannot be had goes to `unavailable` with the reason of each rung; mistakes of the
/// user's (an operator that cannot apply) go to `diagnostics`.
HookPlan plan_policy(const Policy& policy, const PlanInput& input, Diagnostics& diagnostics);

/// The tracepoints whose formats plan_policy() looks up in HostFacts for this policy ("syscalls:sys_enter_openat").
std::vector<std::string> tracepoints_wanted(const Policy& policy, const HostQuestions& ask);

}  // namespace burin
