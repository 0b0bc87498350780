// Post: rateLimit and stack traces.
#include "codegen/actions.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// Bits of `wants`.
constexpr unsigned kWantsKernelStack = 1, kWantsUserStack = 2;

std::string mix(const std::string& value) {
  return "    burin_mix(&key, " + value + ");\n";
}

/// An address counts with its family: an IPv4 address is no prefix of an IPv6 one.
std::string mix_address(const std::string& field, const std::string& member) {
  return mix(field + ".family") + mix(field + "." + member + "[0]") + mix(field + "." + member + "[1]");
}

std::string mix_member(const std::string& field, const std::string& member) {
  return member.ends_with("addr") ? mix_address(field, member) : mix(field + "." + member);
}

std::string mix_endpoints(const std::string& field) {
  return mix_address(field, "saddr") + mix_address(field, "daddr") + mix(field + ".sport") + mix(field + ".dport") +
         mix(field + ".protocol");
}

/// Everything that the argument says, without what changes from call to call of the same thing (a sock's state).
std::string mix_whole(const PlannedHook& hook, const PlannedArg& arg) {
  const ArgType* type = find_type(arg.type);
  if (!type || arg.field == kNone) return {};
  const std::string field = field_of(hook, arg);
  if (arg.text != kNone) {
    const std::string path = type->type_class == TypeClass::SockaddrUn ? mix(field + ".family") : std::string();
    return path + "    burin_mix_text(&key, " + text_of(arg) + ");\n";
  }
  switch (type->type_class) {
    case TypeClass::Socket:
    case TypeClass::Packet: return mix_endpoints(field);
    case TypeClass::Sockaddr: return mix_address(field, "addr") + mix(field + ".port");
    case TypeClass::SignedInt:
    case TypeClass::UnsignedInt: return mix("(u64)" + field);
    default: break;
  }
  return "    burin_mix_bytes(&key, &" + field + ", " + std::to_string(type->shape.size) + ");\n";
}

std::string mix_everything(const PlannedHook& hook, bool at_return) {
  std::string out = mix("faults");
  for (const auto& arg : hook.args)
    if (!arg.return_copy || at_return) out += mix_whole(hook, arg);
  if (at_return && hook.return_arg) out += mix_whole(hook, *hook.return_arg);
  return out;
}

std::string mix_key(const RateKey& key, const ActionSite& site) {
  if (key.subject == RateKey::Subject::Binary) return "    burin_mix_binary(&key, " + site.tgid + ");\n";
  const auto& list = key.subject == RateKey::Subject::Args ? site.hook.args : site.hook.data;
  const PlannedArg& arg = list[key.position];
  const unsigned bit = static_cast<unsigned>(key.position) + (key.subject == RateKey::Subject::Data ? kFaultData : 0);
  const std::string read = mix("faults & " + std::to_string(1U << bit) + "u");
  return read + (key.member.empty() ? mix_whole(site.hook, arg) : mix_member(field_of(site.hook, arg), key.member));
}

std::string rate_text(const RateLimit& limit, const ActionSite& site) {
  const std::string who = limit.scope == RateLimit::Scope::Thread    ? site.tid
                          : limit.scope == RateLimit::Scope::Process ? site.tgid
                                                                     : "0";
  std::string out = "    {\n    struct burin_rate_key key = {};\n    burin_rate_begin(&key, " +
                    std::to_string(site.support.next_rate++) + ", " + who + ");\n";
  if (limit.keys.empty()) out += mix_everything(site.hook, site.at_return);
  for (const auto& name : limit.keys)
    if (const auto key = rate_key_named(name)) out += mix_key(*key, site);
  return out + "    if (burin_rate_held(&key, " + std::to_string(limit.window_ns) +
         "ull, &r->head.suppressed)) {\n      post = 0;\n      burin_count(slots + BURIN_SUPPRESSED);\n    }\n    }\n";
}

}  // namespace

std::string post_text(const Action& action, const ActionSite& site) {
  std::string out;
  if (action.rate_limit) out += rate_text(*action.rate_limit, site);
  const unsigned stacks = (action.kernel_stack ? kWantsKernelStack : 0) | (action.user_stack ? kWantsUserStack : 0);
  if (stacks) out += "    wants |= " + std::to_string(stacks) + ";\n";
  return out;
}

}  // namespace burin
