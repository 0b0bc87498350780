#include "discovery/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace burin {
namespace {

/// Kernel addresses begin here with five levels of page tables, the most that there are.
constexpr std::uint64_t kLowest = 0xff00000000000000;
/// Holes in physical memory (devices below 4 GB, memory that can be plugged in) widen the linear map beyond its RAM.
constexpr std::uint64_t kHoles = 64ull << 30;
#if defined(__x86_64__)
/// The kernel's image: from __START_KERNEL_map to where modules begin, Documentation/arch/x86/x86_64/mm.rst.
constexpr std::uint64_t kImage = 0xffffffff80000000, kImageEnd = 0xffffffffc0000000;
#else
// Elsewhere the image lies between mappings of devices: static objects are then not followed.
constexpr std::uint64_t kImage = 0, kImageEnd = 0;
#endif

std::uint64_t ram_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

}  // namespace

KernelMemory::KernelMemory(KernelPeek& peek, const Introduced& reader)
    : peek_(peek), reader_(reader), reach_(ram_bytes() + kHoles) {}

bool KernelMemory::plausible(std::uint64_t pointer) const {
  if (pointer < kLowest || pointer % 8 != 0) return false;
  if (pointer >= kImage && pointer < kImageEnd) return true;
  const std::uint64_t distance = pointer > reader_.task ? pointer - reader_.task : reader_.task - pointer;
  return distance < reach_;
}

std::size_t KernelMemory::object_size(std::string_view cache, std::size_t otherwise) {
  if (const auto known = sizes_.find(cache); known != sizes_.end()) return known->second;
  std::ifstream file("/sys/kernel/slab/" + std::string(cache) + "/object_size");
  std::size_t size = 0;
  if (!(file >> size) || size < 16 || size > 65536) size = otherwise;
  return sizes_.emplace(cache, size).first->second;
}

Bytes KernelMemory::at(std::uint64_t address, std::size_t size) {
  std::vector<std::byte> out;
  if (address < kLowest || address + size < address) return {address, std::move(out)};
  out.reserve(size);
  while (out.size() < size) {
    const std::uint64_t next = address + out.size(), start = next & ~std::uint64_t{KernelPeek::kBlock - 1};
    auto [block, fresh] = blocks_.try_emplace(start);
    if (fresh) {
      KernelPeek::Block read;
      if (peek_.read(reader_, start, read)) block->second = read;
    }
    if (!block->second) break;
    const std::size_t from = next - start, count = std::min(size - out.size(), KernelPeek::kBlock - from);
    const auto begin = block->second->begin() + static_cast<std::ptrdiff_t>(from);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  return {address, std::move(out)};
}

std::string KernelMemory::text(std::uint64_t address) {
  const Bytes bytes = at(address, 256);
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  return {begin, std::find(begin, begin + bytes.size(), '\0')};
}

}  // namespace burin
