// What actions need of a hook: refused with the reason where they cannot be done.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// Bytes a stack takes in a record's tail: 127 addresses, rounded up.
constexpr std::uint32_t kStackRoom = 1024;
/// Linux's largest error number, and its last signal.
constexpr std::int32_t kMaxErrno = 4095;
constexpr std::uint32_t kMaxSignal = 64;

bool is_override(const Action& a) {
  return a.kind == ActionKind::Override;
}

/// One action of one hook, and where problems go.
struct ActionCheck {
  const Policy& policy;
  const Hook& hook;
  const PlanInput& in;
  Diagnostics& diagnostics;
  const Action& action;
  bool at_return;

  void refuse(const std::string& message, std::string hint = {}) const {
    diagnostics.error("action-impossible", action.span, std::string(to_string(action.kind)) + ": " + message,
                      std::move(hint));
  }

  void check() const;
  void check_post() const;
  void check_override() const;
  void check_sock() const;
  void check_network() const;
  void check_set() const;
};

void ActionCheck::check_post() const {
  if (action.kernel_stack && hook.kind == HookKind::Lsm)
    refuse("the kernel gives LSM programs no stack (kernelStackTrace)", "hook security_" + hook.call + " as a kprobe");
  if (action.user_stack && hook.kind == HookKind::Lsm)
    refuse("the kernel gives LSM programs no stack (userStackTrace)", "hook security_" + hook.call + " as a kprobe");
  if (action.ima_hash)
    refuse("imaHash needs an LSM program that may sleep, which burin does not make", "leave imaHash away");
}

void ActionCheck::check_override() const {
  if (at_return) return refuse("at the return the call is over already", "put it under matchActions");
  if (action.error > 0 || action.error < -kMaxErrno)
    return refuse("argError is 0 or a negative error number down to -4095, not " + std::to_string(action.error));
  switch (hook.kind) {
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint:
      return refuse("a tracepoint only tells that something happens; nothing there can be overridden",
                    "hook the syscall or the security_* function as a kprobe");
    case HookKind::Uprobe:
    case HookKind::Usdt:
      return refuse("kernels do not let a BPF program change a traced program's registers or where it goes on",
                    "Signal and Sigkill work here");
    case HookKind::Lsm: return;
    case HookKind::Kprobe:
    case HookKind::Fentry: break;
  }
  Diagnostics reported_elsewhere;
  for (const auto& callee : callees_of(policy, hook, in, reported_elsewhere)) {
    if (callee.syscall || callee.function.starts_with("security_")) continue;
    return refuse(
        "the kernel lets only syscalls and security_* functions be overridden, and " + callee.function + " is neither",
        "Sigkill and Signal work everywhere");
  }
}

void ActionCheck::check_sock() const {
  const ArgType* type =
      action.sock_position < hook.args.size() ? find_type(hook.args[action.sock_position].type) : nullptr;
  if (!type || type->type_class != TypeClass::Socket)
    refuse("argSock names no argument of type sock or socket", "declare it under args");
}

void ActionCheck::check_network() const {
  if (action.kind == ActionKind::GetUrl) {
    const std::string_view url = action.target;
    if (url.starts_with("https://"))
      return refuse("burin speaks no TLS: it cannot fetch an https URL",
                    "use an http URL; a canary token needs no secrecy");
    const std::string_view rest = url.starts_with("http://") ? url.substr(7) : std::string_view();
    if (rest.empty() || rest.front() == '/' || rest.front() == ':' ||
        std::ranges::any_of(rest, [](unsigned char c) { return c <= ' ' || c >= 0x7f; }))
      refuse("argUrl is not of the form http://HOST[:PORT]/PATH");
    return;
  }
  std::size_t label = 0;
  bool good = !action.target.empty() && action.target.size() <= 253;
  for (const char c : action.target) {
    label = c == '.' ? 0 : label + 1;
    const bool word =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    good = good && label <= 63 && (word || c == '.');
  }
  if (!good || action.target.front() == '.' || action.target.find("..") != std::string::npos)
    refuse("argFqdn is no host name");
}

void ActionCheck::check_set() const {
  if (hook.kind != HookKind::Usdt)
    return refuse("only USDT probes hand out pointers that are meant to be written through");
  if (action.set_index >= hook.args.size())
    refuse("argIndex " + std::to_string(action.set_index) + " is none of the " + std::to_string(hook.args.size()) +
           " arguments under args");
}

void ActionCheck::check() const {
  switch (action.kind) {
    case ActionKind::Post: return check_post();
    case ActionKind::Override: return check_override();
    case ActionKind::Signal:
      if (action.signal == 0 || action.signal > kMaxSignal)
        refuse("argSig is a signal number from 1 to 64, not " + std::to_string(action.signal));
      return;
    case ActionKind::TrackSock:
    case ActionKind::UntrackSock: return check_sock();
    case ActionKind::GetUrl:
    case ActionKind::DnsLookup: return check_network();
    case ActionKind::NotifyEnforcer:
      if (policy.enforcers.empty()) refuse("the policy has no enforcers", "name the calls under spec.enforcers");
      if (action.error == 0 && action.signal == 0) refuse("it says neither argError nor argSig: nothing would happen");
      return;
    case ActionKind::Set: return check_set();
    case ActionKind::Sigkill:
    case ActionKind::NoPost:
    case ActionKind::CleanupEnforcerNotification: return;
  }
}

const PlannedArg* keyed_arg(const RateKey& key, const PlannedHook& planned) {
  const auto& list = key.subject == RateKey::Subject::Args ? planned.args : planned.data;
  return key.position < list.size() ? &list[key.position] : nullptr;
}

bool has_member(TypeClass type, std::string_view member) {
  static constexpr std::string_view kEnds[] = {"saddr", "daddr", "sport", "dport", "family", "protocol"};
  static constexpr std::string_view kAddress[] = {"addr", "port", "family"};
  if (type == TypeClass::Socket || type == TypeClass::Packet)
    return std::ranges::find(kEnds, member) != std::end(kEnds);
  if (type == TypeClass::Sockaddr) return std::ranges::find(kAddress, member) != std::end(kAddress);
  return type == TypeClass::SockaddrUn && member == "family";
}

void check_rate_keys(const Action& action, const PlannedHook& planned, Diagnostics& diagnostics) {
  if (!action.rate_limit) return;
  for (const auto& name : action.rate_limit->keys) {
    const auto refuse = [&](const std::string& why, std::string hint = {}) {
      diagnostics.error("bad-rate-key", action.span, "rateLimitKeys: " + name + " " + why, std::move(hint));
    };
    const auto key = rate_key_named(name);
    if (!key) {
      refuse("is no key",
             "keys are binary, argN, dataN, and argN.saddr, daddr, sport, dport, family, protocol, addr, port");
      continue;
    }
    if (key->subject == RateKey::Subject::Binary) continue;
    const PlannedArg* arg = keyed_arg(*key, planned);
    const ArgType* type = arg ? find_type(arg->type) : nullptr;
    if (!arg)
      refuse("is not captured by this hook", "N counts the entries of args (or data) from 0");
    else if (!type || arg->field == kNone)
      refuse("has no value: its type is " + arg->type);
    else if (arg->return_copy)
      refuse("is read when the function returns, and the limit is asked before");
    else if (!key->member.empty() && !has_member(type->type_class, key->member))
      refuse("does not exist: " + arg->type + " has no " + key->member);
  }
}

}  // namespace

bool any_action(const Hook& hook, bool (*wanted)(const Action&)) {
  for (const auto& s : hook.selectors)
    for (const auto* list : {&s.actions, &s.return_actions})
      if (std::ranges::any_of(*list, wanted)) return true;
  return false;
}

void check_actions(const Policy& policy, const Hook& hook, const PlanInput& in, Diagnostics& diagnostics) {
  for (const auto& s : hook.selectors) {
    for (const auto& a : s.actions) ActionCheck{policy, hook, in, diagnostics, a, false}.check();
    for (const auto& a : s.return_actions) ActionCheck{policy, hook, in, diagnostics, a, true}.check();
  }
  if (!hook.return_arg_action) return;
  const ArgType* type = hook.return_arg ? find_type(hook.return_arg->type) : nullptr;
  if (!type || type->type_class != TypeClass::Socket)
    diagnostics.error("action-impossible", hook.span,
                      "returnArgAction needs a returnArg of type sock or socket, whose owner it writes down");
}

bool overrides_by_trampoline(const Hook& hook, const Callee& callee, const PolicyOptions& options) {
  if (!any_action(hook, is_override) || (hook.kind != HookKind::Kprobe && hook.kind != HookKind::Fentry)) return false;
  if (hook.kind == HookKind::Fentry || callee.function.starts_with("security_")) return true;
  return options.override_method == PolicyOptions::OverrideMethod::FmodRet;
}

void plan_actions(const Hook& hook, PlannedHook& planned, Diagnostics& diagnostics) {
  for (const auto& s : hook.selectors)
    for (const auto* list : {&s.actions, &s.return_actions})
      for (const auto& a : *list) check_rate_keys(a, planned, diagnostics);
  const auto stack = [&](const char* name, bool wanted) {
    if (!wanted) return kNone;
    planned.record.tail_max += kStackRoom;
    return planned.record.add(name, "struct burin_wvar", sizeof(wire::wvar), 2);
  };
  planned.kernel_stack = stack("kernel_stack", any_action(hook, [](const Action& a) { return a.kernel_stack; }));
  planned.user_stack = stack("user_stack", any_action(hook, [](const Action& a) { return a.user_stack; }));
  planned.modifies_return = planned.rung == Rung::Fentry && any_action(hook, is_override);
}

std::string action_problem(Rung rung, const Hook& hook, const Callee& callee, const PlanInput& in) {
  const bool stacks = any_action(hook, [](const Action& a) { return a.kernel_stack || a.user_stack; });
  if (stacks && rung == Rung::StateSockOps) return "it cannot give stack traces";
  if (any_action(hook, is_override)) {
    if (rung == Rung::SyscallTracepoint) return "Override needs a kprobe";
    if (rung == Rung::StateSockOps) return "nothing can be overridden there";
    if (rung == Rung::Kprobe && !in.only_rung) {
      if (!callee.syscall) return "Override of " + callee.function + " needs a trampoline (fmod_ret)";
      if (!in.host.override_return.works) return "Override: " + in.host.override_return.reason;
    }
  }
  if (any_action(hook, [](const Action& a) { return a.kind == ActionKind::Set; }) && !in.only_rung &&
      !in.host.write_user.works)
    return "Set: " + in.host.write_user.reason;
  return {};
}

}  // namespace burin
