// Go's quoting. "Printable" is Go's unicode.IsPrint with one approximation: code points that Unicode has not assigned
// yet count as printable, because that set changes with every Unicode version; controls, formats, separators,
// surrogates, private use and noncharacters are exact.
#include "event/compact_quote.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace burin {
namespace {

struct CodeRange {
  std::uint32_t first, last;
};
// Unicode 15, general categories Cc, Cf, Cs, Co, Zs (but U+0020), Zl, Zp, and the noncharacters of the BMP.
constexpr CodeRange kUnprintable[] = {
    {0x0000, 0x001F},   {0x007F, 0x00A0},    {0x00AD, 0x00AD},   {0x0600, 0x0605},   {0x061C, 0x061C},
    {0x06DD, 0x06DD},   {0x070F, 0x070F},    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x1680, 0x1680},
    {0x180E, 0x180E},   {0x2000, 0x200F},    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x3000, 0x3000},
    {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},    {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x110BD, 0x110BD}, {0x110CD, 0x110CD},  {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE00FF}, {0xE01F0, 0x10FFFF},
};

bool printable(std::uint32_t c) {
  if (c >= 0x20 && c < 0x7F) return true;
  const auto* range = std::lower_bound(std::begin(kUnprintable), std::end(kUnprintable), c,
                                       [](const CodeRange& r, std::uint32_t value) { return r.last < value; });
  return range == std::end(kUnprintable) || c < range->first;
}

/// The code point at `at`, which moves behind it. The text came out of a JSON parser, so it is valid; what is cut off
/// or wrong all the same is taken as U+FFFD.
std::uint32_t next_code(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (at + length > text.size()) {
    at = text.size();
    return 0xFFFD;
  }
  std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(at + i) & 0x3FU);
  at += length;
  return code;
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out.push_back("0123456789abcdef"[value >> shift & 15]);
}

void append_escape(std::string& out, std::uint32_t code) {
  out.push_back('\\');
  constexpr std::string_view kShortCodes = "\a\b\f\n\r\t\v";
  constexpr std::string_view kShortNames = "abfnrtv";
  if (code < 0x20) {
    if (const auto i = kShortCodes.find(static_cast<char>(code)); i != std::string_view::npos) {
      out.push_back(kShortNames[i]);
      return;
    }
  }
  if (code < 0x20 || code == 0x7F) {
    out.push_back('x');
    append_hex(out, code, 2);
  } else if (code < 0x10000) {
    out.push_back('u');
    append_hex(out, code, 4);
  } else {
    out.push_back('U');
    append_hex(out, code, 8);
  }
}

bool all_printable(std::string_view text, bool spaces) {
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code = next_code(text, at);
    if (!printable(code) || (code == ' ' && !spaces)) return false;
  }
  return true;
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::uint32_t code = next_code(text, at);
    if (code == '"' || code == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(code));
    } else if (printable(code)) {
      out.append(text.substr(start, at - start));
    } else {
      append_escape(out, code);
    }
  }
  out.push_back('"');
  return out;
}

std::string maybe_quote(std::string_view text) {
  return all_printable(text, false) ? std::string(text) : go_quote(text);
}

std::string quote_unprintable(std::string_view text) {
  return all_printable(text, true) ? std::string(text) : go_quote(text);
}

}  // namespace burin
