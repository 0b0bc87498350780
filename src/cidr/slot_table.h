// The slot table: an exact membership test for any number of ranges in one array-map value. The leading bits of a key
// pick a slot, the slot says how many boundaries lie before it, and a short unrolled search counts those inside it; the
// key is in the set when the number of boundaries at or below it is odd. A slot with too many boundaries points to a
// second (third) level of slots laid over exactly the span of its boundaries.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/operand.h"

namespace burin {

/// A built table: the constants that go into the C text, and the bytes that go into the map.
struct SlotTable {
  unsigned width = 32;           ///< bits of a key: 32 (IPv4), 64 (numbers), 128 (IPv6)
  unsigned prefix_bits = 0;      ///< leading bits that all ranges share; a key without them is outside
  u128 prefix = 0;               ///< their value, right-aligned
  unsigned root_bits = 0;        ///< the next bits index the first level: 2^root_bits slots
  unsigned levels = 1;           ///< 1..kMaxLevels
  unsigned steps = 1;            ///< search steps: a slot has at most 2^steps - 1 boundaries
  std::size_t fences = 0;        ///< capacity of the boundary array, padding included
  std::size_t slots = 0;         ///< capacity of the slot array, all levels
  std::size_t subs = 0;          ///< capacity of the sub-table array (a power of two), 0 with one level
  std::vector<std::byte> value;  ///< struct { sub[subs]; fence[fences]; slot[slots]; }, little-endian as this machine
};

/// Slot word: a sub-table's number, or the index of the first boundary to compare with (= how many lie before).
inline constexpr std::uint32_t kSlotSub = 1u << 31;
inline constexpr std::uint32_t kSlotSettled = 1u << 30;  ///< no boundary inside: the index's lowest bit is the answer
inline constexpr unsigned kMaxLevels = 3;
/// 63 boundaries are found in six steps; a fuller slot is deepened while levels last, then searched with more steps.
inline constexpr unsigned kWantedSteps = 6;

/// `ranges` sorted, disjoint, merged, inside `width` bits, at least two of them and not the whole space. Fails when the
/// value would be larger than `max_bytes`.
Result<SlotTable> build_slot_table(const std::vector<AddressRange>& ranges, unsigned width, std::size_t max_bytes);

}  // namespace burin
