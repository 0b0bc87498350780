// The pieces of JSON text that an event line is made of, written through a bare pointer: the line is the hot path, and
// std::string::append costs more than the text. encode.h is the interface; only encode*.cpp includes this file.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "model/value.h"

namespace burin {

/// Most bytes that one value can take: digits of a u64, a quoted timestamp with nine fractional digits, an IPv6 text.
inline constexpr std::size_t kMaxNumber = 20;
inline constexpr std::size_t kMaxTimestamp = 32;
inline constexpr std::size_t kMaxAddress = 46;
/// A control character becomes \u00xx: six bytes for one.
inline constexpr std::size_t max_json_string(std::size_t size) {
  return 6 * size + 2;
}

// Each writes at `out`, where there must be room for the maximum above, and returns the end of what it wrote.
char* put_number(char* out, std::uint64_t value);
char* put_json_string(char* out, std::string_view text);
char* put_timestamp(char* out, std::uint64_t wall_ns);
char* put_address(char* out, std::uint16_t family, const AddressBytes& bytes);

/// A buffer that is used again for every line, so that a line costs one allocation: its own. Not thread-safe.
class LineBuffer {
 public:
  void clear() { at_ = begin(); }
  std::size_t size() const { return static_cast<std::size_t>(at_ - buffer_.get()); }
  std::string_view text() const { return {buffer_.get(), size()}; }

  template <std::size_t N>
  void lit(const char (&text)[N]) {
    room(N);
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }
  /// `text` is `"key":` with its quotes and colon; a comma comes first unless this is the first member.
  template <std::size_t N>
  void key(const char (&text)[N]) {
    room(N + 1);
    comma();
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }
  /// The comma between elements; nothing after an opening bracket or a key. A quoted string never ends in one, so
  /// looking at the last byte is enough.
  void separate() {
    room(1);
    comma();
  }
  void raw(std::string_view text) {
    room(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  /// `text` is known to need no escapes (names from our own tables).
  void name(std::string_view text) {
    room(text.size() + 2);
    *at_++ = '"';
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    *at_++ = '"';
  }
  void string(std::string_view text) {
    room(max_json_string(text.size()));
    at_ = put_json_string(at_, text);
  }
  void number(std::uint64_t value) {
    room(kMaxNumber);
    at_ = put_number(at_, value);
  }
  void signed_number(std::int64_t value) {
    room(kMaxNumber + 1);
    if (value < 0) *at_++ = '-';
    at_ = put_number(at_, value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
  }
  /// 64-bit numbers are strings in protobuf's JSON.
  void quoted_number(std::uint64_t value) {
    lit("\"");
    number(value);
    lit("\"");
  }
  void quoted_signed(std::int64_t value) {
    lit("\"");
    signed_number(value);
    lit("\"");
  }
  void timestamp(std::uint64_t wall_ns) {
    room(kMaxTimestamp);
    at_ = put_timestamp(at_, wall_ns);
  }
  void address(std::uint16_t family, const AddressBytes& bytes) {
    room(kMaxAddress + 2);
    *at_++ = '"';
    at_ = put_address(at_, family, bytes);
    *at_++ = '"';
  }

 private:
  char* begin() { return buffer_.get(); }
  void comma() {
    if (at_ == buffer_.get()) return;
    const char last = at_[-1];
    if (last != '{' && last != '[' && last != ':') *at_++ = ',';
  }
  void room(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
  }
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> buffer_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

/// One element of args[], or a value behind its key: {"sock_arg":{...},"label":"..."}. A NopValue writes nothing.
void write_argument(LineBuffer& out, const Value& value, std::string_view label);

}  // namespace burin
