// Building a slot table. All the variability is here, in data: the C text only knows sizes.
#include "cidr/slot_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace burin {
namespace {

/// As the C text declares it; `lo` is the first boundary of the span, slots are 2^shift keys wide.
struct SubTable {
  std::uint64_t lo_high = 0, lo_low = 0;
  std::uint32_t shift = 0, last = 0, base = 0, pad = 0;
};
static_assert(sizeof(SubTable) == 32);

unsigned bit_length(u128 v) {
  const auto high = static_cast<std::uint64_t>(v >> 64);
  return high ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<std::uint64_t>(v));
}

u128 low_mask(unsigned bits) {
  return bits >= 128 ? ~u128{0} : (u128{1} << bits) - 1;
}

/// Sizes in the text move in steps of a sixteenth, so that a slightly longer list compiles to the same program.
std::size_t round_size(std::size_t n) {
  const std::size_t step = std::max<std::size_t>(16, std::bit_ceil(n) / 16);
  return (n + step - 1) / step * step;
}

/// One attempt with a given number of levels.
class Builder {
 public:
  Builder(const std::vector<u128>& flips, unsigned levels) : flips_(flips), levels_(levels) {}

  void root(u128 block_lo, unsigned block_bits, unsigned root_bits) {
    const std::size_t count = std::size_t{1} << root_bits;
    slots_.resize(count);
    const unsigned shift = block_bits - root_bits;
    for (std::size_t s = 0; s < count; ++s) {
      const u128 lo = block_lo + (u128{s} << shift);
      fill(s, lo, lo + low_mask(shift), 1);
    }
  }

  unsigned steps() const { return std::max(1u, static_cast<unsigned>(std::bit_width(fullest_))); }
  const std::vector<std::uint32_t>& slots() const { return slots_; }
  const std::vector<SubTable>& subs() const { return subs_; }

 private:
  /// Boundaries at or below `key`; the scan is monotonic within one level, so a binary search is plenty.
  std::size_t passed(u128 key) const {
    return static_cast<std::size_t>(std::upper_bound(flips_.begin(), flips_.end(), key) - flips_.begin());
  }

  void fill(std::size_t slot, u128 lo, u128 hi, unsigned level) {
    const std::size_t first = passed(lo), end = passed(hi), inside = end - first;
    if (inside == 0) {
      slots_[slot] = kSlotSettled | static_cast<std::uint32_t>(first);
    } else if (inside < (1u << kWantedSteps) || level == levels_) {
      slots_[slot] = static_cast<std::uint32_t>(first);
      fullest_ = std::max(fullest_, inside);
    } else {
      slots_[slot] = kSlotSub | deepen(first, end, hi, level + 1);
    }
  }

  /// Lays slots over the span of boundaries [first, end); slot 0 is "below the span", the last one "above it".
  std::uint32_t deepen(std::size_t first, std::size_t end, u128 hi, unsigned level) {
    const u128 lo = flips_[first], span = flips_[end - 1] - lo;
    const auto bits = static_cast<unsigned>(std::bit_width(end - first)) - 1;  // half to one slot a boundary
    const unsigned shift = bit_length(span) > bits ? bit_length(span) - bits : 0;
    const auto inner = static_cast<std::size_t>(span >> shift) + 1;
    SubTable sub;
    sub.lo_high = static_cast<std::uint64_t>(lo >> 64);
    sub.lo_low = static_cast<std::uint64_t>(lo);
    sub.shift = shift;
    sub.last = static_cast<std::uint32_t>(inner + 1);
    sub.base = static_cast<std::uint32_t>(slots_.size());
    const auto number = static_cast<std::uint32_t>(subs_.size());
    subs_.push_back(sub);
    slots_.resize(slots_.size() + inner + 2);
    slots_[sub.base] = kSlotSettled | static_cast<std::uint32_t>(first);
    slots_[sub.base + sub.last] = kSlotSettled | static_cast<std::uint32_t>(end);
    for (std::size_t q = 0; q < inner; ++q) {
      const u128 from = u128{q} << shift;
      // hi may end the slot early (it belongs to the level above); written so that nothing wraps at the top of the
      // space.
      const u128 rest = hi - lo - from;
      const u128 to = from + std::min(low_mask(shift), rest);
      fill(sub.base + 1 + q, lo + from, lo + to, level);
    }
    return number;
  }

  const std::vector<u128>& flips_;
  const unsigned levels_;
  std::size_t fullest_ = 0;
  std::vector<std::uint32_t> slots_;
  std::vector<SubTable> subs_;
};

/// Instructions the text will have, an upper estimate (test/live/filter_oracle checks the real number against 200).
unsigned estimated_insns(unsigned width, unsigned levels, unsigned steps) {
  return width == 128 ? 40 + 36 * (levels - 1) + 10 * steps : 32 + 20 * (levels - 1) + 8 * steps;
}

template <class T>
void put(std::byte*& at, const T& v) {
  std::memcpy(at, &v, sizeof v);
  at += sizeof v;
}

/// A boundary is stored as the last key before it (key > fence), so that padding with the largest key never counts.
void put_fence(std::byte*& at, unsigned width, u128 fence) {
  if (width == 32) {
    put(at, static_cast<std::uint32_t>(fence));
  } else {
    if (width == 128) put(at, static_cast<std::uint64_t>(fence >> 64));
    put(at, static_cast<std::uint64_t>(fence));
  }
}

Result<> pack(SlotTable& table, const std::vector<u128>& flips, const Builder& built, std::size_t max_bytes) {
  const std::size_t per_fence = table.width / 8;
  // A search starts at a multiple of 2^steps and stays below two such blocks (see table_text.cpp).
  table.fences = round_size(flips.size() + (std::size_t{2} << table.steps));
  table.slots = round_size(built.slots().size());
  table.subs = built.subs().empty() ? 0 : std::bit_ceil(built.subs().size());
  const std::size_t bytes = table.subs * sizeof(SubTable) + table.fences * per_fence + table.slots * 4;
  if (bytes > max_bytes || flips.size() >= kSlotSettled)
    return fail(ErrorCode::Unsupported, std::to_string((flips.size() + 1) / 2) + " ranges need a table of " +
                                            std::to_string(bytes) + " bytes; the limit is " +
                                            std::to_string(max_bytes) + " bytes: use fewer or wider ranges");
  table.value.resize(bytes);
  std::byte* at = table.value.data();
  for (std::size_t i = 0; i < table.subs; ++i) put(at, i < built.subs().size() ? built.subs()[i] : SubTable{});
  // A boundary at key 0 is never searched for: its slot counts it as passed.
  for (std::size_t i = 0; i < table.fences; ++i)
    put_fence(at, table.width, i >= flips.size() ? ~u128{0} : flips[i] == 0 ? 0 : flips[i] - 1);
  for (std::size_t i = 0; i < table.slots; ++i) put(at, i < built.slots().size() ? built.slots()[i] : kSlotSettled);
  return Ok{};
}

}  // namespace

Result<SlotTable> build_slot_table(const std::vector<AddressRange>& ranges, unsigned width, std::size_t max_bytes) {
  SlotTable table;
  table.width = width;
  // The smallest aligned block that holds every range: outside of it the answer is "no" without a look at the map.
  const unsigned block_bits = bit_length(ranges.front().lo ^ ranges.back().hi);
  table.prefix_bits = width - block_bits;
  table.prefix = block_bits == 128 ? 0 : ranges.front().lo >> block_bits;
  const u128 block_lo = block_bits == 128 ? 0 : table.prefix << block_bits;
  const u128 block_hi = block_lo + low_mask(block_bits);

  std::vector<u128> flips;
  flips.reserve(ranges.size() * 2);
  for (const AddressRange& r : ranges) {
    flips.push_back(r.lo);
    if (r.hi != block_hi) flips.push_back(r.hi + 1);
  }
  // Measured best: about four slots a range, 64 to 65,536 of them.
  const unsigned wanted = static_cast<unsigned>(std::bit_width(ranges.size() * 4 - 1));
  table.root_bits = std::min(std::clamp(wanted, 6u, 16u), block_bits);

  // The fewest levels that need no more than kWantedSteps; failing that, the fewest steps within 200 instructions. One
  // level always qualifies, with as many steps as its fullest slot asks for.
  unsigned best_levels = 1, best_steps = ~0u;
  for (unsigned levels = 1; levels <= kMaxLevels && best_steps > kWantedSteps; ++levels) {
    Builder attempt(flips, levels);
    attempt.root(block_lo, block_bits, table.root_bits);
    if (levels > 1 && (attempt.steps() >= best_steps || estimated_insns(width, levels, attempt.steps()) > 200))
      continue;
    best_levels = levels;
    best_steps = attempt.steps();
  }
  Builder built(flips, best_levels);
  built.root(block_lo, block_bits, table.root_bits);
  table.levels = best_levels;
  table.steps = best_steps;
  TRY_OK(pack(table, flips, built, max_bytes));
  return table;
}

}  // namespace burin
