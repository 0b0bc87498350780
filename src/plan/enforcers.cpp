// How the programs of `enforcers` reach the listed calls. They only ever wait for a NotifyEnforcer, so what they have
// to be able to do is what some NotifyEnforcer of the policy asks for.
#include <algorithm>

#include "plan/steps.h"

namespace burin {
namespace {

using Method = EnforcerTarget::Method;

bool notifies(const Action& a) {
  return a.kind == ActionKind::NotifyEnforcer;
}
bool notifies_with_error(const Action& a) {
  return notifies(a) && a.error != 0;
}

bool is_syscall(std::string_view name) {
  for (const std::string_view prefix : {"sys_", "__x64_sys_", "__arm64_sys_", "__ia32_sys_", "i386/"})
    if (name.starts_with(prefix)) return true;
  return false;
}

/// A raw_syscalls program may run after the one at syscalls:sys_enter_NAME: what it arms there would come too late.
bool comes_too_late(const Hook& hook) {
  return any_action(hook, notifies) && (hook.kind == HookKind::RawTracepoint || hook.subsystem == "raw_syscalls");
}

struct EnforcerPlanner {
  const Policy& policy;
  const PlanInput& in;
  Diagnostics& diagnostics;
  bool overrides = false;  ///< some NotifyEnforcer has an argError

  struct Way {
    std::optional<EnforcerTarget> target;
    std::string reason;
  };

  std::string kprobe_problem(const Callee& callee) const {
    if (in.only_rung) return {};
    if (!in.host.kprobe.works) return in.host.kprobe.reason;
    return in.ask.kprobe ? in.ask.kprobe(callee.function).reason : std::string();
  }

  Way by_trampoline(const Callee& callee) const {
    std::string problem;
    if (!in.only_rung && in.ask.trampoline)
      problem = in.ask.trampoline(AttachSpec::Kind::FmodRet, callee.function).reason;
    if (!problem.empty()) return {std::nullopt, std::move(problem)};
    return {EnforcerTarget{Method::FmodRet, callee.function, callee.function}, {}};
  }

  Way overriding(const Callee& callee) const {
    using Wanted = PolicyOptions::OverrideMethod;
    if (!callee.syscall || policy.options.override_method == Wanted::FmodRet) return by_trampoline(callee);
    if (!in.only_rung && !in.host.override_return.works) return {std::nullopt, in.host.override_return.reason};
    if (std::string problem = kprobe_problem(callee); !problem.empty()) return {std::nullopt, std::move(problem)};
    return {EnforcerTarget{Method::OverrideReturn, callee.function, callee.function}, {}};
  }

  Way signalling(const Callee& callee) const {
    std::string problem = kprobe_problem(callee);
    if (problem.empty()) return {EnforcerTarget{Method::SignalKprobe, callee.function, callee.function}, {}};
    const std::string tracepoint = "syscalls:sys_enter_" + callee.name;
    if (!callee.syscall || callee.compat || !in.host.tracepoints.contains(tracepoint))
      return {std::nullopt, std::move(problem)};
    if (std::ranges::any_of(policy.hooks, comes_too_late))
      return {std::nullopt, problem + "; " + tracepoint + " may come before a raw_syscalls hook that notifies"};
    return {EnforcerTarget{Method::SignalTracepoint, callee.function, tracepoint}, {}};
  }

  void add(const Located<std::string>& call, HookPlan& plan) const {
    Hook hook;
    hook.call = call.value;
    hook.syscall = is_syscall(call.value);
    hook.call_span = call.span;
    for (const auto& callee : callees_of(policy, hook, in, diagnostics)) {
      if (overrides && !callee.syscall && !callee.function.starts_with("security_")) {
        diagnostics.error("action-impossible", call.span,
                          "the kernel lets only syscalls and security_* functions be overridden, and " +
                              callee.function + " is neither",
                          "leave argError away from NotifyEnforcer: a signal can be sent from anywhere");
        return;
      }
      Way way = overrides ? overriding(callee) : signalling(callee);
      if (way.target)
        plan.enforcers.push_back(std::move(*way.target));
      else
        plan.unavailable.push_back({callee.function, {}, "enforcer: " + way.reason, call.span, false});
    }
  }

  /// A hook that notifies nobody would promise what never happens.
  void drop_notifiers(HookPlan& plan) const {
    std::erase_if(plan.hooks, [&](const PlannedHook& hook) {
      const bool notifier = std::ranges::any_of(hook.selectors, [](const PlannedSelector& s) {
        return std::ranges::any_of(s.actions, notifies) || std::ranges::any_of(s.return_actions, notifies);
      });
      if (notifier)
        plan.unavailable.push_back(
            {hook.function(), {}, "NotifyEnforcer: none of the calls under enforcers can be had", hook.span, false});
      return notifier;
    });
  }
};

}  // namespace

void plan_enforcers(const Policy& policy, const PlanInput& in, HookPlan& plan, Diagnostics& diagnostics) {
  // In monitor mode nothing is ever armed.
  if (policy.enforcers.empty() || policy.options.mode == PolicyMode::Monitor) return;
  const auto any = [&](bool (*wanted)(const Action&)) {
    return std::ranges::any_of(policy.hooks, [&](const Hook& h) { return any_action(h, wanted); });
  };
  if (!any(notifies)) {
    diagnostics.warning("unused-enforcer", policy.enforcers.front().span,
                        "no selector of the policy has the action NotifyEnforcer: the enforcer never does anything");
    return;
  }
  const EnforcerPlanner planner{policy, in, diagnostics, any(notifies_with_error)};
  for (const auto& enforcer : policy.enforcers)
    for (const auto& call : enforcer.calls) planner.add(call, plan);
  if (plan.enforcers.empty()) planner.drop_notifiers(plan);
}

}  // namespace burin
