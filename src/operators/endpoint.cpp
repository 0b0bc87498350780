// Where the members of an endpoint lie: the one place that knows the names in struct w_sock, w_skb and w_sockaddr.
#include "operators/endpoint.h"

namespace burin {

bool has_side(TypeClass type, Side side) {
  if (type == TypeClass::Sockaddr) return side == Side::Source;
  return type == TypeClass::Socket || type == TypeClass::Packet;
}

std::optional<Endpoint> endpoint_of(const Value& value, Side side) {
  const bool source = side == Side::Source;
  if (const auto* s = std::get_if<SockValue>(&value))
    return Endpoint{s->family, source ? s->saddr : s->daddr, source ? s->sport : s->dport};
  if (const auto* s = std::get_if<SkbValue>(&value))
    return Endpoint{s->family, source ? s->saddr : s->daddr, source ? s->sport : s->dport};
  if (const auto* s = std::get_if<SockaddrValue>(&value); s && source) return Endpoint{s->family, s->addr, s->port};
  return std::nullopt;
}

std::string address_in_c(const std::string& arg, TypeClass type, Side side) {
  if (type == TypeClass::Sockaddr) return arg + ".addr";
  return arg + (side == Side::Source ? ".saddr" : ".daddr");
}

std::string port_in_c(const std::string& arg, TypeClass type, Side side) {
  if (type == TypeClass::Sockaddr) return arg + ".port";
  return arg + (side == Side::Source ? ".sport" : ".dport");
}

}  // namespace burin
