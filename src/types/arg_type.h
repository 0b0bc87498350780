// One argument type: how it is captured in C and how its bytes are decoded, side by side.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/value.h"

namespace burin {

/// What an operator can look at in an argument of this type.
enum class TypeClass { Nothing, Socket, Sockaddr, Packet, SignedInt, UnsignedInt, Text };

/// How many bytes the field takes in the record, under which C type.
struct WireShape {
  std::string_view c_type;  ///< declared by the prelude
  std::uint32_t size = 0;   ///< 0: the argument is not sent (nop)
  std::uint32_t align = 1;
  std::uint32_t tail_max = 0;  ///< bytes it may add behind the fixed part
};

/// The C names a capture statement works on.
struct CaptureSite {
  std::string dst;  ///< lvalue of the field in the record ("r->a0")
  std::string src;  ///< u64 expression: the parameter's register value
};

struct ArgType {
  std::string_view name;      ///< as a policy writes it
  std::string_view summary;   ///< one line, for `burin list types` and the reference
  std::string_view json_key;  ///< key inside an args[] element ("sock_arg")
  TypeClass type_class = TypeClass::Nothing;
  WireShape shape;
  std::vector<std::string> needs_layout;  ///< members without which it cannot be captured from a pointer
  std::string (*capture)(const CaptureSite&) = nullptr;
  /// `field` has shape.size bytes; `record` is the whole record, for tails. False when a tail is out of bounds.
  bool (*decode)(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) = nullptr;
};

/// All types, in the order of the reference page.
std::span<const ArgType> all_types();
/// Null when there is none of that name.
const ArgType* find_type(std::string_view name);

}  // namespace burin
