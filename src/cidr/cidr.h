// Address sets: text to ranges, and the shape in which a set goes into C.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/operand.h"
#include "model/program.h"
#include "model/value.h"

namespace burin {

/// The outcome of parsing one address or CIDR: `error` is empty on success, else a sentence for a diagnostic ("prefix length
/// 33 is longer than an IPv4 address (32)").
struct ParsedAddress {
  bool is_v4 = false;
  AddressRange range;
  bool host_bits = false;  ///< bits below the prefix were set (accepted, as Tetragon does)
  std::string error;
};

/// Parses "10.0.0.0/8", "2001:db8::/32", a bare address (/32, /128). `::ffff:a.b.c.d/N` with N >= 96 is IPv4 with N - 96; an
/// IPv6 range that contains the whole mapped block (like ::/0) stays IPv6 and does not touch IPv4 (decision record 0003).
ParsedAddress parse_address(std::string_view text);

/// Adds a parsed range to a set; call normalise() after the last one.
void add(AddressSet& set, const ParsedAddress& parsed);
/// Sorts, merges overlapping and adjacent ranges.
void normalise(AddressSet& set);

/// Reference membership. `family` is AF_INET or AF_INET6 with bytes as in Value (AF_INET in the first four); an IPv4-mapped
/// IPv6 address is looked up as IPv4. Any other family is in no set.
bool contains(const AddressSet& set, std::uint16_t family, const AddressBytes& bytes);

/// How one family of a set is matched in C.
enum class MatchShape {
  Empty,      ///< no ranges: constant false
  All,        ///< the whole family: constant true
  Inline,     ///< up to kInlineRanges compares
  SlotTable,  ///< one array-map value: slots by the leading bits, unrolled search in a slot's boundaries
};
/// Up to this many merged ranges are inlined as compares (perf measurements: 7-10 ns and about 5 instructions each).
inline constexpr std::size_t kInlineRanges = 10;
MatchShape shape_of(const std::vector<AddressRange>& ranges, bool is_v4);

/// C for one set. `functions` defines, for a set called NAME:
///     static __always_inline int NAME_v4(u32 a);            // a: IPv4 address in host order
///     static __always_inline int NAME_v6(u64 hi, u64 lo);   // host order halves
/// returning 1 when the address is in the set; `maps` declares the BCC maps they need (file scope, before the functions), and
/// `inits` their contents. The text depends only on the set's shape and, for Inline, its ranges; NAME must be an identifier
/// made by us.
struct AddressSetCode {
  std::string maps;
  std::string functions;
  std::vector<MapInit> inits;
};
AddressSetCode emit(const AddressSet& set, std::string_view name);

}  // namespace burin
