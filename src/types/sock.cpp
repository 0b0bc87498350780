// `sock` and `socket`: a connection's addresses, ports and state, read from struct sock by layout.
#include <cstring>

#include "types/builtin.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

std::string capture_sock(const CaptureSite& site) {
  return "if (burin_read_sock(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

std::string capture_socket(const CaptureSite& site) {
  return "{\n  u64 sk = 0;\n  burin_read(&sk, sizeof sk, (void *)(" + site.src +
         " + L_socket_sk));\n  if (burin_read_sock(&" + site.dst + ", sk)) {\n    " + site.fault + "\n  }\n}\n";
}

bool decode_sock(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  wire::Sock w;
  std::memcpy(&w, field.data(), sizeof w);
  SockValue v;
  v.family = w.family;
  v.type = w.type;
  v.protocol = w.protocol;
  v.state = w.state;
  std::memcpy(v.saddr.data(), w.saddr, 16);
  std::memcpy(v.daddr.data(), w.daddr, 16);
  v.sport = w.sport;
  v.dport = w.dport;
  v.mark = w.mark;
  v.priority = w.priority;
  v.cookie = w.cookie;
  out = v;
  return true;
}

}  // namespace

ArgType sock_type() {
  return {"sock",
          "a struct sock pointer: family, type, protocol, addresses, ports, mark, priority, state",
          "sock_arg",
          TypeClass::Socket,
          {"struct w_sock", sizeof(wire::Sock), 8, 0},
          sock_layout(),
          capture_sock,
          decode_sock,
          {"sock.__sk_common.skc_state", "sock.__sk_common.skc_v6_rcv_saddr", "sock.__sk_common.skc_v6_daddr",
           "sock.sk_type", "sock.sk_protocol", "sock.sk_mark", "sock.sk_priority"}};
}

ArgType socket_type() {
  ArgType t = sock_type();
  t.name = "socket";
  t.summary = "a struct socket pointer: its sock is read";
  t.needs_layout.push_back("socket.sk");
  t.capture = capture_socket;
  return t;
}

std::vector<std::string> sock_layout() {
  return {"sock.__sk_common.skc_family", "sock.__sk_common.skc_rcv_saddr", "sock.__sk_common.skc_daddr",
          "sock.__sk_common.skc_dport", "sock.__sk_common.skc_num"};
}

}  // namespace burin
