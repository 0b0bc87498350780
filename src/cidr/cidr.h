// Sets of addresses and numbers: text to ranges, the reference membership, and the shape in which a set goes into C.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/operand.h"
#include "model/program.h"
#include "model/value.h"

namespace burin {

/// The outcome of parsing one address or CIDR: `error` is empty on success, else a sentence for a diagnostic ("prefix
/// length 33 is longer than an IPv4 address (32)").
struct ParsedAddress {
  bool is_v4 = false;
  AddressRange range;
  bool host_bits = false;  ///< bits below the prefix were set (accepted, as Tetragon does)
  std::string error;
};

/// Parses "10.0.0.0/8", "2001:db8::/32", a bare address (/32, /128). `::ffff:a.b.c.d/N` with N >= 96 is IPv4 with N -
/// 96; an IPv6 range that contains the whole mapped block (like ::/0) stays IPv6 and does not touch IPv4 (decision
/// record 0003). Strict: leading zeros, spaces, zone ids and missing parts are refused, never guessed.
ParsedAddress parse_address(std::string_view text);

/// Adds a parsed range to a set; call normalise() after the last one.
void add(AddressSet& set, const ParsedAddress& parsed);
/// Sorts, merges overlapping and adjacent ranges.
void normalise(AddressSet& set);
void normalise(NumberSet& set);

/// "10.0.0.0/8" when the range is one CIDR, a bare address when it is one address, else "first-last".
std::string to_text(const AddressRange& range, bool is_v4);

/// Reference membership. `family` is AF_INET or AF_INET6 with bytes as in Value (AF_INET in the first four); an
/// IPv4-mapped IPv6 address is looked up as IPv4. Any other family is in no set: ask is_ip_family() first where "not
/// in" matters.
bool contains(const AddressSet& set, std::uint16_t family, const AddressBytes& bytes);
/// AF_INET or AF_INET6.
bool is_ip_family(std::uint16_t family);
/// Reference membership of a normalised number set; `pattern` is the value widened to 64 bits (see emit_numbers).
bool contains(const NumberSet& set, std::uint64_t pattern);

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

/// Largest value of a slot table's map that emit() makes, in bytes. Older kernels accept less a value
/// (KMALLOC_MAX_SIZE, 4 MiB on x86) and refuse a larger map when it is loaded. 4 MiB hold 65,536 ranges of either
/// family, crowded or not; only lists built to crowd at every scale at once need more (6.4 MiB measured for 65,536 such
/// IPv6 ranges).
inline constexpr std::size_t kMaxTableBytes = 32u << 20;

/// C for one set. `functions` defines, for a set called NAME:
///     static __always_inline int NAME_v4(u32 a);            // a: IPv4 address in host order
///     static __always_inline int NAME_v6(u64 hi, u64 lo);   // host order halves
///     static __always_inline int NAME_any(const u64 a[2], u16 family);  // bytes as in a record
/// The first two return 1 when the address is in the set, else 0; NAME_any, built on the prelude's burin_ip(), returns
/// 1, 0, or -1 when the family is not IP. `maps` declares the BCC maps they need (file scope, before the functions),
/// and `inits` their contents. The text depends only on the set's shape (Inline: its ranges; SlotTable: common prefix,
/// rounded sizes, number of steps), so that an edited list usually compiles to the cached image. NAME must be an
/// identifier made by us.
struct AddressSetCode {
  std::string maps;
  std::string functions;
  std::vector<MapInit> inits;
};
/// `set` must be normalised. Fails (Unsupported, with the numbers) only when a family needs more than kMaxTableBytes.
Result<AddressSetCode> emit(const AddressSet& set, std::string_view name);

/// C for a set of numbers: `static __always_inline int NAME(u64 v)`, 1 when v is in the set. v is the value widened to
/// 64 bits, sign-extended for a signed argument; a NumberSet holds ranges of such patterns in unsigned order (a signed
/// range that crosses zero is two ranges), so the sign needs no further mention here.
struct NumberSetCode {
  std::string maps;
  std::string functions;
  std::vector<MapInit> inits;
};
/// `set` must be normalised; fails as emit() does.
Result<NumberSetCode> emit_numbers(const NumberSet& set, std::string_view name);

}  // namespace burin
