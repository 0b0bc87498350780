// Reading and writing our byte formats: what crosses the border of the compiler process, and files. The reader's input
// comes from a process that ran clang over generated text, or from a file: it is never trusted.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace burin {

static_assert(std::endian::native == std::endian::little, "the wire formats are little-endian; add byte swapping");

/// Appends little-endian integers and length-prefixed (u32) byte strings.
class ByteWriter {
 public:
  template <std::unsigned_integral T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  void text(std::string_view bytes);
  void blob(std::span<const std::byte> bytes);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote. The first thing that does not fit makes the reader fail: from then on every read yields
/// zero or nothing, so that a decoder may read a whole group of fields and ask ok() once. No read goes past the end,
/// and no length or count is believed before it was compared with what is left.
class ByteReader {
 public:
  /// `what` names the format in messages ("image").
  ByteReader(std::string_view bytes, std::string_view what) : rest_(bytes), size_(bytes.size()), what_(what) {}

  template <std::unsigned_integral T>
  T number() {
    T value{};
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  /// A view into the input.
  std::string_view take(std::size_t size);
  std::string text(std::size_t limit);
  std::vector<std::byte> blob(std::size_t limit);
  /// A number of items each of which takes at least `item_bytes` of input, so that it can be passed to reserve().
  std::uint32_t count(std::size_t limit, std::size_t item_bytes);

  /// Marks the input as bad; only the first reason is kept.
  void fail_with(std::string reason);
  bool ok() const { return reason_.empty(); }
  /// Success when nothing failed and nothing is left over; else Error{Io} with reason and offset.
  Result<> finish();

 private:
  std::string_view rest_;
  std::size_t size_;
  std::string_view what_;
  std::string reason_;
};

/// A C identifier of at most `limit` characters.
bool is_c_identifier(std::string_view text, std::size_t limit = 127);

}  // namespace burin
