// What `call` stands for.
#include <algorithm>

#include "plan/steps.h"

namespace burin {
namespace {

/// "i386/open" is the 32-bit call; prefixes that a policy may carry already are taken off.
Callee syscall_named(std::string_view written, std::string_view arch) {
  Callee out;
  out.syscall = true;
  if (written.starts_with("i386/")) {
    out.compat = true;
    written.remove_prefix(5);
  }
  for (const std::string_view prefix : {"__x64_", "__arm64_", "__ia32_"}) {
    if (!written.starts_with(prefix)) continue;
    out.compat = out.compat || prefix == "__ia32_";
    written.remove_prefix(prefix.size());
  }
  if (written.starts_with("sys_")) written.remove_prefix(4);
  out.name = written;
  out.function = syscall_function(out.name, out.compat, arch);
  return out;
}

Callee function_named(std::string_view name) {
  return {std::string(name), false, false, std::string(name)};
}

}  // namespace

std::string syscall_function(std::string_view name, bool compat, std::string_view arch) {
  const std::string_view prefix = arch == "aarch64" ? "__arm64_sys_" : compat ? "__ia32_sys_" : "__x64_sys_";
  return std::string(prefix) + std::string(name);
}

std::vector<Callee> callees_of(const Policy& policy, const Hook& hook, const PlanInput& in, Diagnostics& diagnostics) {
  const auto one = [&](std::string_view name, bool syscall) {
    return syscall ? syscall_named(name, in.host.arch) : function_named(name);
  };
  constexpr std::string_view kList = "list:";
  if (!hook.call.starts_with(kList)) return {one(hook.call, hook.syscall)};
  const SymbolList* list = policy.find_list(std::string_view(hook.call).substr(kList.size()));
  std::vector<Callee> out;
  if (!list) return out;  // the reader has reported it
  switch (list->type) {
    case SymbolList::Type::Functions:
      for (const auto& v : list->values) out.push_back(one(v.value, false));
      break;
    case SymbolList::Type::Syscalls:
      for (const auto& v : list->values) out.push_back(one(v.value, true));
      break;
    case SymbolList::Type::GeneratedSyscalls:
      if (in.ask.syscalls)
        for (const auto& name : in.ask.syscalls()) out.push_back(one(name, true));
      break;
    case SymbolList::Type::GeneratedFtrace: {
      if (!in.ask.functions) break;
      auto found = in.ask.functions(list->pattern);
      if (!found && found.error().code == ErrorCode::InvalidPolicy)
        diagnostics.error("bad-value", list->span, found.error().message);
      if (found)
        for (const auto& name : *found) out.push_back(one(name, false));
      break;
    }
  }
  return out;
}

std::optional<std::string> list_problem(const Policy& policy, const Hook& hook, const PlanInput& in) {
  constexpr std::string_view kList = "list:";
  if (!hook.call.starts_with(kList)) return std::nullopt;
  const SymbolList* list = policy.find_list(std::string_view(hook.call).substr(kList.size()));
  if (!list) return std::nullopt;
  if (list->type == SymbolList::Type::GeneratedFtrace && in.ask.functions) {
    const auto found = in.ask.functions(list->pattern);
    if (!found) return found.error().message;
    if (found->empty()) return "no function of this kernel matches " + list->pattern;
  }
  if (list->type == SymbolList::Type::GeneratedSyscalls && in.ask.syscalls && in.ask.syscalls().empty())
    return "this kernel does not list its system calls (tracefs: events/syscalls)";
  return std::nullopt;
}

std::vector<std::string> tracepoints_wanted(const Policy& policy, const HostQuestions& ask) {
  std::vector<std::string> out;
  const HostFacts host;
  const LayoutTable layout;
  const ProbeCatalog catalog;
  const PlanInput in{catalog, host, layout, ask, kFirstPolicyHook, std::nullopt, 0};
  Diagnostics ignored;
  // Enforcers are looked up as the syscalls that they are (enforcers.cpp).
  for (const auto& enforcer : policy.enforcers)
    for (const auto& call : enforcer.calls) {
      Hook hook;
      hook.call = call.value;
      hook.syscall = true;
      for (const auto& callee : callees_of(policy, hook, in, ignored))
        if (callee.syscall && !callee.compat) out.push_back("syscalls:sys_enter_" + callee.name);
    }
  for (const auto& hook : policy.hooks) {
    if (hook.kind == HookKind::Tracepoint) out.push_back(hook.subsystem + ":" + hook.call);
    if (hook.kind != HookKind::Kprobe) continue;
    for (const auto& callee : callees_of(policy, hook, in, ignored)) {
      if (!callee.syscall || callee.compat) continue;
      out.push_back("syscalls:sys_enter_" + callee.name);
      if (hook.at_return) out.push_back("syscalls:sys_exit_" + callee.name);
    }
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace burin
