// User text made fit for a terminal: decoding with its errors kept, widths for the caret line, quoting inside messages.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace burin {

/// One character of a text. An invalid byte counts as one character of size 1 with valid == false.
struct DecodedChar {
  char32_t code = 0;
  std::uint32_t size = 0;  ///< bytes; 0 only past the end of the text
  bool valid = true;
};

/// The character that begins at byte `at`. Overlong forms, surrogates and numbers above U+10FFFF are invalid.
DecodedChar decode_utf8(std::string_view text, std::size_t at);

/// True for C0 (except tab and newline), DEL and C1 characters: they steer a terminal and have no place in a policy.
bool is_control(char32_t code);

/// Terminal columns that a printable character takes: 0 (combining), 1, or 2 (East Asian wide, emoji).
int display_width(char32_t code);

/// `text` in double quotes for use inside a message: control characters, bidirectional overrides, quotes, backslashes
/// and invalid bytes escaped, cut with "..." after `max_bytes`.
std::string quoted(std::string_view text, std::size_t max_bytes = 80);

/// `text` with every character that could steer a terminal replaced by '?'. Newlines too.
std::string without_controls(std::string_view text);

}  // namespace burin
