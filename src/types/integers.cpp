// Integers of every width and sign: taken from the register, compared at full width.
#include <cstring>

#include "types/builtin.h"

namespace burin {
namespace {

template <class Wire, class Out>
bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  Wire w;
  std::memcpy(&w, field.data(), sizeof w);
  out = Out{w};
  return true;
}

template <class Wire>
constexpr std::string_view c_name() {
  if constexpr (sizeof(Wire) == 1) return std::is_signed_v<Wire> ? "s8" : "u8";
  if constexpr (sizeof(Wire) == 2) return std::is_signed_v<Wire> ? "s16" : "u16";
  if constexpr (sizeof(Wire) == 4) return std::is_signed_v<Wire> ? "s32" : "u32";
  return std::is_signed_v<Wire> ? "s64" : "u64";
}

template <class Wire>
std::string capture(const CaptureSite& site) {
  return site.dst + " = (" + std::string(c_name<Wire>()) + ")" + site.src + ";\n";
}

template <class Wire, class Out>
ArgType integer(std::string_view name, std::string_view summary, std::string_view key) {
  return {name,
          summary,
          key,
          std::is_signed_v<Wire> ? TypeClass::SignedInt : TypeClass::UnsignedInt,
          {c_name<Wire>(), sizeof(Wire), sizeof(Wire), 0},
          {},
          capture<Wire>,
          decode<Wire, Out>};
}

}  // namespace

std::vector<ArgType> integer_types() {
  return {
      integer<std::int32_t, IntValue>("int", "signed 32-bit number", "int_arg"),
      integer<std::int32_t, IntValue>("int32", "signed 32-bit number", "int_arg"),
      integer<std::int32_t, IntValue>("sint32", "signed 32-bit number", "int_arg"),
      integer<std::int16_t, IntValue>("int16", "signed 16-bit number", "int_arg"),
      integer<std::int16_t, IntValue>("sint16", "signed 16-bit number", "int_arg"),
      integer<std::int8_t, IntValue>("int8", "signed 8-bit number", "int_arg"),
      integer<std::int8_t, IntValue>("sint8", "signed 8-bit number", "int_arg"),
      integer<std::uint32_t, UintValue>("uint32", "unsigned 32-bit number", "uint_arg"),
      integer<std::uint16_t, UintValue>("uint16", "unsigned 16-bit number", "uint_arg"),
      integer<std::uint8_t, UintValue>("uint8", "unsigned 8-bit number", "uint_arg"),
      integer<std::int64_t, LongValue>("int64", "signed 64-bit number", "long_arg"),
      integer<std::int64_t, LongValue>("sint64", "signed 64-bit number", "long_arg"),
      integer<std::int64_t, LongValue>("long", "signed 64-bit number", "long_arg"),
      integer<std::uint64_t, SizeValue>("uint64", "unsigned 64-bit number", "size_arg"),
      integer<std::uint64_t, SizeValue>("ulong", "unsigned 64-bit number", "size_arg"),
      integer<std::uint64_t, SizeValue>("size_t", "unsigned 64-bit number", "size_arg"),
  };
}

}  // namespace burin
