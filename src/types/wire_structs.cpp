#include "types/wire_structs.h"

namespace burin {
namespace {
#define BURIN_X(type, name) "  " #type " " #name ";\n"
#define BURIN_A(type, name, count) "  " #type " " #name "[" #count "];\n"
constexpr char kSock[] = BURIN_WIRE_SOCK(BURIN_X, BURIN_A);
constexpr char kSkb[] = BURIN_WIRE_SKB(BURIN_X, BURIN_A);
constexpr char kSockaddr[] = BURIN_WIRE_SOCKADDR(BURIN_X, BURIN_A);
constexpr char kText[] = BURIN_WIRE_TEXT(BURIN_X, BURIN_A);
constexpr char kPath[] = BURIN_WIRE_PATH(BURIN_X, BURIN_A);
constexpr char kSyscall[] = BURIN_WIRE_SYSCALL(BURIN_X, BURIN_A);
constexpr char kSockaddrUn[] = BURIN_WIRE_SOCKADDR_UN(BURIN_X, BURIN_A);
#undef BURIN_X
#undef BURIN_A

std::string definition(const char* name, const char* members, std::size_t size) {
  const std::string n = name;
  return "struct " + n + " {\n" + members + "};\n_Static_assert(sizeof(struct " + n + ") == " + std::to_string(size) +
         ", \"" + n + "\");\n";
}
}  // namespace

std::string wire_struct_text() {
  return definition("w_sock", kSock, sizeof(wire::Sock)) + definition("w_skb", kSkb, sizeof(wire::Skb)) +
         definition("w_sockaddr", kSockaddr, sizeof(wire::Sockaddr)) + definition("w_text", kText, sizeof(wire::Text)) +
         definition("w_path", kPath, sizeof(wire::Path)) + definition("w_syscall", kSyscall, sizeof(wire::Syscall)) +
         definition("w_sockaddr_un", kSockaddrUn, sizeof(wire::SockaddrUn));
}

}  // namespace burin
