// The C structs that socket-like arguments have in a record, written once: codegen/ prints the C text from these lists,
// the decoders here read the very same members.
#pragma once
#include <string>

#include "model/record.h"

namespace burin {

// Addresses are network-order bytes, AF_INET in the first four and zeros behind; ports and everything else host order.
#define BURIN_WIRE_SOCK(X, A) \
  A(u64, saddr, 2)            \
  A(u64, daddr, 2)            \
  X(u64, cookie)              \
  X(u32, mark)                \
  X(u32, priority)            \
  X(u16, sport)               \
  X(u16, dport)               \
  X(u16, family)              \
  X(u16, protocol)            \
  X(u16, type)                \
  X(u8, state)                \
  X(u8, pad0)                 \
  X(u32, pad1)

#define BURIN_WIRE_SKB(X, A) \
  A(u64, saddr, 2)           \
  A(u64, daddr, 2)           \
  X(u32, hash)               \
  X(u32, len)                \
  X(u32, priority)           \
  X(u32, mark)               \
  X(u16, sport)              \
  X(u16, dport)              \
  X(u16, family)             \
  X(u16, protocol)

#define BURIN_WIRE_SOCKADDR(X, A) \
  A(u64, addr, 2)                 \
  X(u16, family)                  \
  X(u16, port)                    \
  X(u32, pad0)

// The beginning of every field with text: `len` bytes at offset `off` of the record, flags of templates/text.h, and the
// bytes there really were where that is known.
#define BURIN_WIRE_TEXT(X, A) \
  X(u16, off)                 \
  X(u16, len)                 \
  X(u32, flags)               \
  X(u64, full)

// A file: its path as text, and the inode's mode (0: there was no inode).
#define BURIN_WIRE_PATH(X, A) \
  BURIN_WIRE_TEXT(X, A)       \
  X(u32, mode)                \
  X(u32, pad0)

// A syscall: its number and the AUDIT_ARCH_* value of its table (0: not known).
#define BURIN_WIRE_SYSCALL(X, A) \
  X(u64, id)                     \
  X(u32, abi)                    \
  X(u32, pad0)

// An AF_UNIX address: its path, or '@' and its abstract name, as text.
#define BURIN_WIRE_SOCKADDR_UN(X, A) \
  BURIN_WIRE_TEXT(X, A)              \
  X(u16, family)                     \
  X(u16, pad0)                       \
  X(u32, pad1)

namespace wire {
#define BURIN_X(type, name) type name = {};
#define BURIN_A(type, name, count) type name[count] = {};
struct Sock {
  BURIN_WIRE_SOCK(BURIN_X, BURIN_A)
};
struct Skb {
  BURIN_WIRE_SKB(BURIN_X, BURIN_A)
};
struct Sockaddr {
  BURIN_WIRE_SOCKADDR(BURIN_X, BURIN_A)
};
struct Text {
  BURIN_WIRE_TEXT(BURIN_X, BURIN_A)
};
struct Path {
  BURIN_WIRE_PATH(BURIN_X, BURIN_A)
};
struct Syscall {
  BURIN_WIRE_SYSCALL(BURIN_X, BURIN_A)
};
struct SockaddrUn {
  BURIN_WIRE_SOCKADDR_UN(BURIN_X, BURIN_A)
};
#undef BURIN_X
#undef BURIN_A
static_assert(sizeof(Sock) == 64 && sizeof(Skb) == 56 && sizeof(Sockaddr) == 24 && sizeof(Text) == 16 &&
              sizeof(Path) == 24 && sizeof(Syscall) == 16 && sizeof(SockaddrUn) == 24);
}  // namespace wire

/// The C definitions of the structs above (`struct w_sock` ... `struct w_sockaddr_un`), each with a size assertion.
std::string wire_struct_text();

}  // namespace burin
