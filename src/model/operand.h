// The right-hand side of a selector filter, parsed and normalised: what operators compare against, in C and in the
// reference evaluation alike.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace burin {

/// 128-bit unsigned, for IPv6 ranges. Host order: the first byte of the address is the most significant.
using u128 = unsigned __int128;

/// An inclusive range of addresses as numbers; an IPv4 address uses the low 32 bits.
struct AddressRange {
  u128 lo = 0;
  u128 hi = 0;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// A set of IP addresses, families apart; each list sorted, disjoint, adjacent ranges merged. An IPv4-mapped IPv6 value
/// (::ffff:a.b.c.d) is in `v4`.
struct AddressSet {
  std::vector<AddressRange> v4;
  std::vector<AddressRange> v6;
  friend bool operator==(const AddressSet&, const AddressSet&) = default;
};

/// An inclusive range of 64-bit patterns in unsigned order; a signed value is sign-extended first, so a signed range
/// that crosses zero is two ranges.
struct NumberRange {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

/// Ports, protocols, families, states, integers. Sorted and merged where order does not matter.
struct NumberSet {
  std::vector<NumberRange> ranges;
  friend bool operator==(const NumberSet&, const NumberSet&) = default;
};

/// Byte strings (paths, names), as written, without a trailing NUL.
struct StringSet {
  std::vector<std::string> values;
  friend bool operator==(const StringSet&, const StringSet&) = default;
};

/// No values (SPortPriv and its kin).
struct NoOperand {
  friend bool operator==(const NoOperand&, const NoOperand&) = default;
};

struct CelNode;  ///< one node of a parsed CEL expression (operators/cel.h)
/// A CEL expression over arguments. Compared by its text.
struct CelExpression {
  std::string text;
  std::shared_ptr<const CelNode> root;
  friend bool operator==(const CelExpression& a, const CelExpression& b) { return a.text == b.text; }
};

using Operand = std::variant<NoOperand, AddressSet, NumberSet, StringSet, CelExpression>;

}  // namespace burin
