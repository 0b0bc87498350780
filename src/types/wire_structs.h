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
#undef BURIN_X
#undef BURIN_A
static_assert(sizeof(Sock) == 64 && sizeof(Skb) == 56 && sizeof(Sockaddr) == 24 && sizeof(Text) == 16);
}  // namespace wire

/// The C definitions of `struct w_sock`, `struct w_skb`, `struct w_sockaddr`, each with a size assertion.
std::string wire_struct_text();

}  // namespace burin
