// Argument specifications of USDT probes, as assemblers write operands: "N@OP", N the size in bytes, negative when
// signed; OP one of %reg, $number, number(%reg), (%reg), number(%reg,%reg,scale).
#include <array>
#include <charconv>

#include "elf/binary.h"

namespace burin {
namespace {

struct Names {
  std::string_view member;                ///< of struct pt_regs
  std::array<std::string_view, 4> names;  ///< 8, 4, 2 and 1 bytes
};
constexpr std::array kRegisters = {
    Names{"ax", {"rax", "eax", "ax", "al"}},       Names{"bx", {"rbx", "ebx", "bx", "bl"}},
    Names{"cx", {"rcx", "ecx", "cx", "cl"}},       Names{"dx", {"rdx", "edx", "dx", "dl"}},
    Names{"si", {"rsi", "esi", "si", "sil"}},      Names{"di", {"rdi", "edi", "di", "dil"}},
    Names{"bp", {"rbp", "ebp", "bp", "bpl"}},      Names{"sp", {"rsp", "esp", "sp", "spl"}},
    Names{"r8", {"r8", "r8d", "r8w", "r8b"}},      Names{"r9", {"r9", "r9d", "r9w", "r9b"}},
    Names{"r10", {"r10", "r10d", "r10w", "r10b"}}, Names{"r11", {"r11", "r11d", "r11w", "r11b"}},
    Names{"r12", {"r12", "r12d", "r12w", "r12b"}}, Names{"r13", {"r13", "r13d", "r13w", "r13b"}},
    Names{"r14", {"r14", "r14d", "r14w", "r14b"}}, Names{"r15", {"r15", "r15d", "r15w", "r15b"}},
};

/// Member for "%rdi"; the word must be a register of a known width. Empty: it is not.
std::string_view member_of(std::string_view word) {
  if (!word.starts_with('%')) return {};
  word.remove_prefix(1);
  for (const auto& r : kRegisters)
    for (const auto& name : r.names)
      if (name == word) return r.member;
  return {};
}

bool number_of(std::string_view text, std::int64_t& out) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return false;
  out = static_cast<std::int64_t>(negative ? 0 - value : value);
  return true;
}

/// What stands in the parentheses: "%base", "%base,%index", "%base,%index,scale", ",%index,scale".
bool address_of(std::string_view inside, UsdtArg& out) {
  std::array<std::string_view, 3> words;
  std::size_t count = 0;
  while (count < words.size()) {
    const auto comma = inside.find(',');
    words[count++] = inside.substr(0, comma);
    if (comma == std::string_view::npos) {
      inside = {};
      break;
    }
    inside.remove_prefix(comma + 1);
  }
  if (!inside.empty()) return false;
  if (!words[0].empty() && (out.base = member_of(words[0])).empty()) return false;
  if (count > 1 && (out.index = member_of(words[1])).empty()) return false;
  if (words[0].empty() && count < 2) return false;
  if (count < 3) return true;
  std::int64_t scale = 0;
  if (!number_of(words[2], scale) || (scale != 1 && scale != 2 && scale != 4 && scale != 8)) return false;
  out.scale = static_cast<std::uint32_t>(scale);
  return true;
}

bool parse_one(std::string_view word, UsdtArg& out) {
  const auto at = word.find('@');
  std::int64_t size = 8;
  std::string_view operand = word;
  if (at != std::string_view::npos) {
    if (!number_of(word.substr(0, at), size)) return false;
    operand = word.substr(at + 1);
  }
  out.is_signed = size < 0;
  const std::int64_t bytes = size < 0 ? -size : size;
  if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) return false;
  out.size = static_cast<std::uint32_t>(bytes);
  if (operand.starts_with('$')) {
    out.place = UsdtArg::Place::Constant;
    return number_of(operand.substr(1), out.number);
  }
  if (operand.starts_with('%')) {
    out.place = UsdtArg::Place::Register;
    out.base = member_of(operand);
    return !out.base.empty();
  }
  const auto open = operand.find('(');
  if (open == std::string_view::npos || !operand.ends_with(')')) return false;
  out.place = UsdtArg::Place::Memory;
  if (open > 0 && !number_of(operand.substr(0, open), out.number)) return false;
  return address_of(operand.substr(open + 1, operand.size() - open - 2), out);
}

}  // namespace

Result<std::vector<UsdtArg>> parse_usdt_args(std::string_view spec) {
  std::vector<UsdtArg> out;
  std::size_t at = 0;
  while (at < spec.size()) {
    if (spec[at] == ' ') {
      ++at;
      continue;
    }
    // A word ends at the blank; a register operand with an index has none inside.
    const auto end = std::min(spec.find(' ', at), spec.size());
    UsdtArg arg;
    if (!parse_one(spec.substr(at, end - at), arg))
      return fail(ErrorCode::Unsupported, "argument " + std::to_string(out.size()) + " of the probe is at \"" +
                                              std::string(spec.substr(at, end - at)) + "\", which is not understood");
    out.push_back(std::move(arg));
    at = end;
  }
  return out;
}

}  // namespace burin
