#include "discovery/scan.h"

namespace burin {
namespace {

/// Room that a member of any size needs behind its offset.
constexpr std::size_t kMemberRoom = 64;

}  // namespace

std::vector<PointedAt> pointed_at(KernelMemory& memory, const Bytes& from, const Offsets& pointers, std::size_t window,
                                  std::uint32_t step, const Fits& fits) {
  std::vector<PointedAt> out;
  for (const std::uint32_t pointer : pointers) {
    if (!memory.plausible(from.pointer(pointer))) continue;
    const Bytes target = memory.at(from.pointer(pointer), window);
    for (std::uint32_t offset = 0; offset < target.size(); offset += step)
      if (fits(target, offset)) out.push_back({pointer, offset});
  }
  return out;
}

std::vector<PointedAt> still_pointed_at(KernelMemory& memory, const Bytes& from, std::vector<PointedAt> pairs,
                                        const Fits& fits) {
  std::erase_if(pairs, [&](const PointedAt& pair) {
    const std::uint64_t to = from.pointer(pair.pointer);
    return !memory.plausible(to) || !fits(memory.at(to, pair.member + kMemberRoom), pair.member);
  });
  return pairs;
}

Offsets pointers_in(const KernelMemory& memory, const Bytes& bytes) {
  return words_where(bytes, [&](std::uint32_t, std::uint64_t word) { return memory.plausible(word); });
}

}  // namespace burin
