// Which rungs can serve a hook, and why not the others. Found by asking the host, never by version numbers.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

bool looks_at_source_port(const Hook& hook) {
  for (const auto& s : hook.selectors)
    for (const auto& f : s.match_args)
      if (f.op.find("SPort") != std::string::npos || f.op.find("Sport") != std::string::npos) return true;
  return any_action(hook, [](const Action& a) { return a.rate_limit && keyed_by_source_port(*a.rate_limit); });
}

/// Members that the hook's argument types need and the layout does not know.
std::string layout_problem(const Hook& hook, const PlanInput& in) {
  const auto check = [&](const PolicyArg& arg) -> std::string {
    const ArgType* type = find_type(arg.type);
    if (!type) return {};
    for (const auto& member : type->needs_layout)
      if (!in.layout.find(member))
        return "type " + arg.type + " needs the layout of " + member + ", which no source on this host knows";
    return {};
  };
  for (const auto& arg : hook.args)
    if (auto p = check(arg); !p.empty()) return p;
  for (const auto& arg : hook.data)
    if (auto p = check(arg); !p.empty()) return p;
  return hook.return_arg ? check(*hook.return_arg) : std::string();
}

std::string kprobe_problem(const Callee& callee, const ProbeAttach& attach, const PlanInput& in) {
  for (const auto& member : attach.needs_layout)
    if (!in.layout.find(member)) return "it needs the layout of " + member + ", which no source on this host knows";
  if (in.only_rung) return {};
  if (!in.host.kprobe.works) return in.host.kprobe.reason;
  const std::string& target = attach.target.empty() ? callee.function : attach.target;
  return in.ask.kprobe ? in.ask.kprobe(target).reason : std::string();
}

std::string state_sock_ops_problem(const Hook& hook, const PlanInput& in) {
  if (hook.args.size() != 1 || hook.args[0].index != 0 || hook.args[0].type != "sock" || !hook.data.empty() ||
      hook.at_return)
    return "it gives argument 0 as type sock and nothing else";
  if (any_action(hook, [](const Action& a) { return enforces(a.kind); }) && looks_at_source_port(hook))
    return "the source port is known only after the last moment at which a signal can be sent";
  if (in.only_rung) return {};
  const auto state = in.host.tracepoints.find("sock:inet_sock_set_state");
  if (state == in.host.tracepoints.end()) return "this kernel has no tracepoint sock:inet_sock_set_state";
  for (const char* field :
       {"skaddr", "newstate", "sport", "dport", "family", "protocol", "saddr", "daddr", "saddr_v6", "daddr_v6"})
    if (!state->second.find(field)) return std::string("sock:inet_sock_set_state has no field ") + field;
  if (!in.host.sock_ops.works) return in.host.sock_ops.reason;
  return {};
}

std::string syscall_tracepoint_problem(const Hook& hook, const Callee& callee, const PlanInput& in) {
  if (!callee.syscall) return "it is for syscalls";
  if (callee.compat) return "the syscall tracepoints do not see 32-bit calls";
  if (in.only_rung) return {};
  for (const char* side : {"sys_enter_", "sys_exit_"}) {
    if (side == std::string_view("sys_exit_") && !hook.at_return) continue;
    const std::string name = "syscalls:" + std::string(side) + callee.name;
    const auto format = in.host.tracepoints.find(name);
    if (format == in.host.tracepoints.end()) return "this kernel has no tracepoint " + name;
    // Four common fields and the number stand before the first parameter.
    if (side != std::string_view("sys_enter_")) continue;
    for (const auto& arg : hook.args)
      if (arg.source == PolicyArg::Source::Parameter && arg.index + 5 >= format->second.fields.size())
        return "system call " + callee.name + " has no parameter " + std::to_string(arg.index);
  }
  return {};
}

std::string tracepoint_problem(const Hook& hook, const PlanInput& in) {
  const std::string name = hook.subsystem + ":" + hook.call;
  if (!in.host.tracepoints.contains(name)) return "this kernel has no tracepoint " + name;
  return {};
}

/// A trampoline hands over arguments, not registers.
bool reads_registers(const Hook& hook) {
  const auto any = [](const std::vector<PolicyArg>& list) {
    return std::ranges::any_of(list, [](const PolicyArg& a) { return a.source == PolicyArg::Source::PtRegs; });
  };
  return any(hook.args) || any(hook.data);
}

std::string trampoline_problem(AttachSpec::Kind kind, const Callee& callee, const PlanInput& in) {
  if (in.only_rung || !in.ask.trampoline) return {};
  return in.ask.trampoline(kind, callee.function).reason;
}

}  // namespace

std::string problem_of(Rung rung, const Hook& hook, const Callee& callee, const ProbeAttach& attach,
                       const PlanInput& in) {
  if (std::string p = action_problem(rung, hook, callee, in); !p.empty()) return p;
  if (rung != Rung::StateSockOps)
    if (std::string p = layout_problem(hook, in); !p.empty()) return p;
  switch (rung) {
    case Rung::Kprobe: return kprobe_problem(callee, attach, in);
    case Rung::StateSockOps: return state_sock_ops_problem(hook, in);
    case Rung::SyscallTracepoint: return syscall_tracepoint_problem(hook, callee, in);
    case Rung::Tracepoint: return tracepoint_problem(hook, in);
    case Rung::RawTracepoint: return {};  // whether it exists is the kernel's answer when it is attached
    case Rung::Uprobe: return {};         // its places were found, or the hook would not be here
    case Rung::Fentry: {
      // A function that can be looked at need not be one whose result may be changed.
      const bool changes = any_action(hook, [](const Action& a) { return a.kind == ActionKind::Override; });
      return trampoline_problem(changes ? AttachSpec::Kind::FmodRet : AttachSpec::Kind::Fentry, callee, in);
    }
    case Rung::Lsm: return trampoline_problem(AttachSpec::Kind::Lsm, callee, in);
  }
  return "unknown rung";
}

std::vector<ProbeAttach> ways_of(const Hook& hook, const Callee& callee, const PolicyOptions& options,
                                 const PlanInput& in) {
  switch (hook.kind) {
    case HookKind::Fentry: return {{Rung::Fentry, callee.function, {}}};
    case HookKind::Tracepoint: return {{Rung::Tracepoint, {}, {}}};
    case HookKind::RawTracepoint: return {{Rung::RawTracepoint, {}, {}}};
    case HookKind::Uprobe:
    case HookKind::Usdt: return {{Rung::Uprobe, {}, {}}};
    case HookKind::Lsm: return {{Rung::Lsm, callee.function, {}}};
    case HookKind::Kprobe: break;
  }
  if (overrides_by_trampoline(hook, callee, options)) return {{Rung::Fentry, callee.function, {}}};
  // A 32-bit call has a wrapper of its own where its parameters mean something else than in 64-bit mode.
  if (callee.compat)
    return {{Rung::Kprobe, "__ia32_compat_sys_" + callee.name, {}}, {Rung::Kprobe, callee.function, {}}};
  std::vector<ProbeAttach> ways = {{Rung::Kprobe, callee.function, {}}};
  if (callee.syscall) {
    ways.insert(ways.begin(), {Rung::SyscallTracepoint, {}, {}});
    // Older kernels hand syscall tracepoints the program's registers only: no kernel stack starts there.
    if (any_action(hook, [](const Action& a) { return a.kernel_stack; })) std::swap(ways[0], ways[1]);
  } else if (const Probe* probe = in.catalog.find_function(callee.function); probe && !probe->attach.empty()) {
    ways = probe->attach;
  }
  // Last, because it takes BTF, and a program of its own for each function (decision record 0010).
  if (!reads_registers(hook)) ways.push_back({Rung::Fentry, callee.function, {}});
  return ways;
}

}  // namespace burin
