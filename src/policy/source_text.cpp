// Lines and columns of a text whose size the attacker chooses: everything here is linear once and constant afterwards.
#include "policy/source_text.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "diag/display.h"
#include "policy/policy_reader.h"

namespace burin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
/// Distance of the character checkpoints: a column costs a scan of at most this many bytes.
constexpr std::size_t kStride = 256;

bool starts_char(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::uint32_t count_chars(std::string_view text) {
  return static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), starts_char));
}

std::string hex_byte(char32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%02x", static_cast<unsigned>(value));
  return text;
}

struct BadChar {
  std::size_t at;
  DecodedChar c;
};

/// The first character that a policy cannot hold. A carriage return counts unless a newline follows.
std::optional<BadChar> find_bad_char(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    const bool line_end = c.code == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    // A byte order mark inside the text is invisible and would become part of a word.
    if (!c.valid || (is_control(c.code) && !line_end) || c.code == 0xfeff) return BadChar{at, c};
    at += c.size;
  }
  return std::nullopt;
}

}  // namespace

SourceText::SourceText(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.size() > kMaxPolicyBytes) return;  // refused by check(); no table for it
  line_starts_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string_view::npos; at = text_.find('\n', at + 1))
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  std::uint32_t chars = 0;
  for (std::size_t at = 0; at <= text_.size(); at += kStride) {
    checkpoints_.push_back(chars);
    chars += count_chars(text_.substr(at, kStride));
  }
}

bool SourceText::check(Diagnostics& diagnostics) const {
  if (text_.size() > kMaxPolicyBytes) {
    diagnostics.error("file-too-large", {file_, 0, 0, 1},
                      "the file has " + std::to_string(text_.size()) + " bytes, more than the " +
                          std::to_string(kMaxPolicyBytes) + " that are read",
                      "split the policy into several files");
    return false;
  }
  const std::optional<BadChar> bad = find_bad_char(text_);
  if (!bad) return true;
  const SourceSpan place = span(bad->at, bad->at + bad->c.size);
  if (!bad->c.valid) {
    diagnostics.error("invalid-utf8", place, "byte " + hex_byte(bad->c.code) + " does not belong to UTF-8 text",
                      "save the file as UTF-8");
  } else if (bad->c.code == '\r') {
    diagnostics.error("control-character", place, "a carriage return without a line feed",
                      "end lines with LF or CR LF");
  } else {
    diagnostics.error("control-character", place, "control character " + hex_byte(bad->c.code) + " in the text",
                      "remove it; inside double quotes a character can be written as an escape");
  }
  return false;
}

std::size_t SourceText::chars_before(std::size_t at) const {
  const std::size_t block = at / kStride;
  return checkpoints_[block] + count_chars(text_.substr(block * kStride, at - block * kStride));
}

SourceSpan SourceText::span(std::size_t begin, std::size_t end) const {
  if (line_starts_.empty()) return {file_, 0, 0, 1};
  begin = std::min(begin, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), begin);
  const std::size_t line = static_cast<std::size_t>(next - line_starts_.begin());
  // Constant time matters more than memchr here: the next line's start is in the table already.
  std::size_t stop = next == line_starts_.end() ? text_.size() : *next - 1;
  if (stop > begin && text_[stop - 1] == '\r') --stop;
  end = std::clamp(end, begin, std::max(begin, stop));
  const std::size_t first = chars_before(begin);
  const std::size_t length = chars_before(end) - first;
  return {file_, static_cast<std::uint32_t>(line),
          static_cast<std::uint32_t>(first - chars_before(line_starts_[line - 1]) + 1),
          static_cast<std::uint32_t>(std::max<std::size_t>(1, length))};
}

}  // namespace burin
