// Candidate offsets, and what is left of them when several observations have to agree.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "discovery/memory.h"

namespace burin {

using Offsets = std::vector<std::uint32_t>;

/// What should stand at an offset, in one copy of the structure.
template <class T>
struct Sight {
  const Bytes& bytes;
  T value;
};

/// Offsets, multiples of `step` (by default the value's size) and below `end`, at which every sight has its value.
template <class T>
Offsets agreeing(const std::vector<Sight<T>>& sights, std::size_t end = SIZE_MAX, std::size_t step = sizeof(T)) {
  Offsets out;
  if (sights.empty()) return out;
  for (std::size_t offset = 0; offset < end && offset + sizeof(T) <= sights[0].bytes.size(); offset += step) {
    const bool all = std::ranges::all_of(sights, [&](const auto& s) { return s.bytes.holds(offset, s.value); });
    if (all) out.push_back(static_cast<std::uint32_t>(offset));
  }
  return out;
}

/// Offsets of words, below `end`, for which `fits` holds.
inline Offsets words_where(const Bytes& bytes, const std::function<bool(std::uint32_t, std::uint64_t)>& fits,
                           std::size_t end = SIZE_MAX) {
  Offsets out;
  for (std::uint32_t offset = 0; offset < end && offset + 8 <= bytes.size(); offset += 8)
    if (fits(offset, bytes.pointer(offset))) out.push_back(offset);
  return out;
}

/// A member of something that is pointed to: where the pointer is, and where the member is behind it.
struct PointedAt {
  std::uint32_t pointer = 0;
  std::uint32_t member = 0;
  friend bool operator==(const PointedAt&, const PointedAt&) = default;
};
/// Decides about a place in a copy of what is pointed to.
using Fits = std::function<bool(const Bytes& target, std::uint32_t offset)>;

/// All pairs: from `from`, through the pointers at `pointers` (those that may be followed), to every offset that is a
/// multiple of `step` in the first `window` bytes behind them and fits.
std::vector<PointedAt> pointed_at(KernelMemory& memory, const Bytes& from, const Offsets& pointers, std::size_t window,
                                  std::uint32_t step, const Fits& fits);
/// Those of `pairs` that fit in another structure of the same kind as well.
std::vector<PointedAt> still_pointed_at(KernelMemory& memory, const Bytes& from, std::vector<PointedAt> pairs,
                                        const Fits& fits);
/// All offsets of words that may be followed.
Offsets pointers_in(const KernelMemory& memory, const Bytes& bytes);

/// True when no value occurs twice: then agreement with each of them is a finding of its own.
template <class T>
bool distinct(std::vector<T> values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) == values.end();
}

}  // namespace burin
