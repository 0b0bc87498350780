// Character tables and escapes behind the rendering of diagnostics.
#include "diag/display.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace burin {
namespace {

struct CodeRange {
  char32_t lo, hi;
};

// Unicode 15 East_Asian_Width W and F, rounded to blocks: a caret one column off in a rare script harms nobody.
constexpr CodeRange kWide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x26a1, 0x26a1},   {0x2705, 0x2705},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2757},
    {0x2795, 0x2797},   {0x2b50, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

constexpr CodeRange kZeroWidth[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
};

bool in_table(char32_t code, const CodeRange* begin, const CodeRange* end) {
  auto it = std::upper_bound(begin, end, code, [](char32_t c, const CodeRange& r) { return c < r.lo; });
  return it != begin && code <= std::prev(it)->hi;
}

/// Characters that reorder the text around them: what is shown would not be what is meant.
bool is_bidi_control(char32_t code) {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(value >> shift) & 0xf];
}

}  // namespace

DecodedChar decode_utf8(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {0, 0, true};
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1, true};
  // The smallest code point of each length: anything below is an overlong form.
  static constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const std::uint32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const DecodedChar bad{first, 1, false};
  if (first < 0xc2 || first > 0xf4 || at + size > text.size()) return bad;
  char32_t code = first & (0x7fU >> size);
  for (std::uint32_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0) != 0x80) return bad;
    code = (code << 6) | (next & 0x3fU);
  }
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return bad;
  return {code, size, true};
}

bool is_control(char32_t code) {
  if (code == '\t' || code == '\n') return false;
  return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

int display_width(char32_t code) {
  if (code < 0x300) return 1;
  if (in_table(code, std::begin(kZeroWidth), std::end(kZeroWidth))) return 0;
  return in_table(code, std::begin(kWide), std::end(kWide)) ? 2 : 1;
}

std::string quoted(std::string_view text, std::size_t max_bytes) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    if (at + c.size > max_bytes) {
      out += "...";
      break;
    }
    if (!c.valid || is_control(c.code)) {
      out += "\\x";
      append_hex(out, static_cast<std::uint32_t>(c.code), 2);
    } else if (c.code == '\n' || c.code == '\t') {
      out += c.code == '\n' ? "\\n" : "\\t";
    } else if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (is_bidi_control(c.code)) {
      out += "\\u";
      append_hex(out, static_cast<std::uint32_t>(c.code), 4);
    } else {
      out += text.substr(at, c.size);
    }
    at += c.size;
  }
  return out += '"';
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    if (!c.valid || is_control(c.code) || c.code == '\n' || is_bidi_control(c.code)) {
      out += '?';
    } else {
      out += text.substr(at, c.size);
    }
    at += c.size;
  }
  return out;
}

}  // namespace burin
