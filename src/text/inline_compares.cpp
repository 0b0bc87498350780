// A few values: compared as 64-bit numbers, so that no byte of a policy reaches C as text.
#include <cstdint>

#include "text/compare_code.h"

namespace burin {
namespace {

std::string number(std::uint64_t v) {
  return std::to_string(v) + "ULL";
}

/// Up to eight bytes as the number that a load of them gives (little-endian, as every machine that is supported).
std::uint64_t word(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return out;
}

/// " && load(at) == number" for every word of `bytes`, which begin at `base` + `at`. The last word of a longer value
/// overlaps the one before it, which is cheaper than a mask.
std::string words(std::string_view bytes, const std::string& base, long at) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::size_t from = i + 8 <= bytes.size() ? i : bytes.size() - 8;
    const long offset = at + static_cast<long>(from);
    out += " && *(const u64 *)(" + base + (offset < 0 ? " - " : " + ") + std::to_string(offset < 0 ? -offset : offset) +
           ") == " + number(word(bytes.substr(from, 8)));
  }
  return out;
}

std::string begins_with(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() >= 8) return words(bytes, "t->b", 0);
  return " && (*(const u64 *)t->b & " + number((std::uint64_t{1} << (8 * bytes.size())) - 1) +
         ") == " + number(word(bytes));
}

std::string ends_in(std::string_view bytes) {
  if (bytes.size() >= 8) return words(bytes, "e", -static_cast<long>(bytes.size()));
  return " && (*(const u64 *)(e - 8) >> " + std::to_string(64 - 8 * bytes.size()) + ") == " + number(word(bytes));
}

}  // namespace

std::string inline_body(const std::vector<std::string>& values, TextMatch how) {
  std::string out = "  u32 n = t->len;\n";
  if (how == TextMatch::Postfix)
    out +=
        "  u64 at = n & (BURIN_TEXT_MAX - 1);\n"
        "  asm volatile(\"\" : \"+r\"(at)); /* keeps clang from making one pointer a value */\n"
        "  const char *e = t->b + at;\n";
  for (const std::string& value : values)
    out += "  if (n " + std::string(how == TextMatch::Equal ? "==" : ">=") + " " + std::to_string(value.size()) +
           (how == TextMatch::Postfix ? ends_in(value) : begins_with(value)) + ") return 1;\n";
  return out + "  return 0;\n";
}

}  // namespace burin
