// Decoded argument values: what an event carries and what the reference evaluation of a filter looks at.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <variant>

namespace burin {

/// Sixteen bytes in network order; an AF_INET address uses the first four, the rest are zero.
using AddressBytes = std::array<std::uint8_t, 16>;

/// `sock` and `socket` arguments. Ports are in host order.
struct SockValue {
  std::uint16_t family = 0;
  std::uint16_t type = 0;  ///< SOCK_STREAM...; 0 = not known on this rung
  std::uint16_t protocol = 0;
  std::uint8_t state = 0;
  AddressBytes saddr{}, daddr{};
  std::uint16_t sport = 0, dport = 0;
  std::uint32_t mark = 0, priority = 0;
  std::uint64_t cookie = 0;  ///< the kernel's pointer to the sock, as Tetragon has it
};

struct SkbValue {
  std::uint16_t family = 0;
  std::uint16_t protocol = 0;
  AddressBytes saddr{}, daddr{};
  std::uint16_t sport = 0, dport = 0;
  std::uint32_t hash = 0, len = 0, priority = 0, mark = 0;
};

struct SockaddrValue {
  std::uint16_t family = 0;
  std::uint16_t port = 0;
  AddressBytes addr{};
};

/// JSON number, key int_arg.
struct IntValue {
  std::int32_t value = 0;
};
/// JSON number, key uint_arg.
struct UintValue {
  std::uint32_t value = 0;
};
/// JSON string of digits, key long_arg.
struct LongValue {
  std::int64_t value = 0;
};
/// JSON string of digits, key size_arg.
struct SizeValue {
  std::uint64_t value = 0;
};
/// Key string_arg; bytes as the kernel had them (the encoder replaces what is not UTF-8).
struct StringValue {
  std::string value;
  bool truncated = false;
};
/// Key error_arg: the argument could not be read.
struct ErrorValue {
  std::string message;
};
/// An argument of type nop: not printed.
struct NopValue {};

using Value = std::variant<NopValue, SockValue, SkbValue, SockaddrValue, IntValue, UintValue, LongValue, SizeValue,
                           StringValue, ErrorValue>;

}  // namespace burin
