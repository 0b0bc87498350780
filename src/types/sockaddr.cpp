// `sockaddr`: an address given to connect, bind or sendto, already copied into the kernel when the hook sees it.
#include <cstring>

#include "types/builtin.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "if (burin_read_sockaddr(&" + site.dst + ", " + site.src + ", " + (site.user ? "1" : "0") + ")) {\n  " +
         site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  wire::Sockaddr w;
  std::memcpy(&w, field.data(), sizeof w);
  SockaddrValue v;
  v.family = w.family;
  v.port = w.port;
  std::memcpy(v.addr.data(), w.addr, 16);
  out = v;
  return true;
}

}  // namespace

ArgType sockaddr_type() {
  // struct sockaddr_in and sockaddr_in6 are user ABI: no layout source is needed.
  return {"sockaddr",
          "a kernel struct sockaddr pointer: family, address, port (AF_INET, AF_INET6)",
          "sockaddr_arg",
          TypeClass::Sockaddr,
          {"struct w_sockaddr", sizeof(wire::Sockaddr), 8, 0},
          {},
          capture,
          decode};
}

}  // namespace burin
