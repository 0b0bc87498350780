// Kernel memory as the searches see it: objects copied out of blocks that are read once.
#pragma once
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "discovery/peek.h"

namespace burin {

/// A copy of what lies at a kernel address. Shorter than asked for where the kernel could not read on.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::uint64_t address, std::vector<std::byte> data) : address_(address), data_(std::move(data)) {}

  std::uint64_t address() const { return address_; }
  std::size_t size() const { return data_.size(); }
  const std::byte* data() const { return data_.data(); }
  /// The T at `offset`; nothing when it reaches beyond the copy.
  template <class T>
  std::optional<T> get(std::size_t offset) const {
    if (offset + sizeof(T) > data_.size()) return std::nullopt;
    T value;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return value;
  }
  template <class T>
  bool holds(std::size_t offset, T wanted) const {
    return get<T>(offset) == wanted;
  }
  /// The word at `offset`; 0, which is no kernel address, beyond the copy.
  std::uint64_t pointer(std::size_t offset) const { return get<std::uint64_t>(offset).value_or(0); }

 private:
  std::uint64_t address_ = 0;
  std::vector<std::byte> data_;
};

/// Reads through a KernelPeek and remembers what it read until forget(): the searches follow the same pointers again
/// and again. Belongs to the thread that made it.
class KernelMemory {
 public:
  KernelMemory(KernelPeek& peek, const Introduced& reader);

  Bytes at(std::uint64_t address, std::size_t size);
  std::uint64_t pointer_at(std::uint64_t address) { return at(address, 8).pointer(0); }
  /// At most 255 bytes of text, up to its NUL.
  std::string text(std::uint64_t address);
  /// After something changed in the kernel.
  void forget() { blocks_.clear(); }

  /// True when a search may follow this value: it is aligned and can point to an object that the kernel's allocator
  /// made, or to one that is part of the kernel's image. Anything else is not touched: memory of devices is mapped
  /// between these, and reading it can have effects. Pointers whose meaning is known need no such check.
  bool plausible(std::uint64_t pointer) const;

  /// Bytes of one object of an allocator's cache ("dentry"), as sysfs tells; `otherwise` where it does not. A search
  /// that goes on behind an object sees its neighbour, which is of the same kind.
  std::size_t object_size(std::string_view cache, std::size_t otherwise);

 private:
  KernelPeek& peek_;
  Introduced reader_;
  std::uint64_t reach_;  ///< largest distance of two objects in the kernel's linear map of memory
  std::map<std::uint64_t, std::optional<KernelPeek::Block>> blocks_;
  std::map<std::string, std::size_t, std::less<>> sizes_;
};

}  // namespace burin
