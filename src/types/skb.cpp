// `skb`: a packet. The tuple is zeroed first and the transport offset computed from the IP header itself, because
// transport_header is unset at some hooks. A packet of another protocol has no tuple, whatever its bytes look like.
#include <cstring>

#include "types/builtin.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "if (burin_read_skb(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  wire::Skb w;
  std::memcpy(&w, field.data(), sizeof w);
  SkbValue v;
  v.family = w.family;
  v.protocol = w.protocol;
  std::memcpy(v.saddr.data(), w.saddr, 16);
  std::memcpy(v.daddr.data(), w.daddr, 16);
  v.sport = w.sport;
  v.dport = w.dport;
  v.hash = w.hash;
  v.len = w.len;
  v.priority = w.priority;
  v.mark = w.mark;
  out = v;
  return true;
}

}  // namespace

ArgType skb_type() {
  return {"skb",
          "a struct sk_buff pointer: IP addresses, ports, protocol, length, mark, priority",
          "skb_arg",
          TypeClass::Packet,
          {"struct w_skb", sizeof(wire::Skb), 8, 0},
          {"sk_buff.head", "sk_buff.network_header"},
          capture,
          decode,
          {"sk_buff.len", "sk_buff.mark", "sk_buff.priority", "sk_buff.hash", "sk_buff.protocol"}};
}

}  // namespace burin
