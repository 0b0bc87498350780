// Many values: hash maps and LPM tries whose keys are the text itself where it lies, with its length in the four bytes
// before it (which are zero again afterwards). Nothing is copied but for the reversed keys of Postfix.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>

#include "text/compare_code.h"

namespace burin {
namespace {

using Entries = std::vector<std::pair<std::vector<std::byte>, std::vector<std::byte>>>;

std::vector<std::byte> bytes_of(std::string_view text, std::size_t size) {
  std::vector<std::byte> out(size);
  std::memcpy(out.data(), text.data(), text.size());
  return out;
}

/// `head` and the text behind it, zeros up to `size` bytes of text.
std::vector<std::byte> key_with_head(std::uint32_t head, std::string_view text, std::size_t size) {
  std::vector<std::byte> out(sizeof head + size);
  std::memcpy(out.data(), &head, sizeof head);
  std::memcpy(out.data() + sizeof head, text.data(), text.size());
  return out;
}

std::vector<std::byte> one() {
  return {std::byte{1}};
}

/// Declares map NAME with the entries; the key is a struct NAME_key with the members `key`.
void declare(TextSetCode& code, const std::string& name, const std::string& key, std::string_view kind,
             Entries entries) {
  code.maps += "struct " + name + "_key { " + key + " };\n" + std::string(kind) + "(" + name + ", struct " + name +
               "_key, u8, " + std::to_string(entries.size()) + ");\n";
  code.inits.push_back({name, std::move(entries)});
}

constexpr std::string_view kHash = "BPF_HASH", kTrie = "BPF_LPM_TRIE";

/// The four bytes before the text become the head of a key.
constexpr std::string_view kHead = "*(u32 *)&t->pad[BURIN_TEXT_PAD - 4]";

std::string head_key(const std::string& map) {
  return "(struct " + map + "_key *)&t->pad[BURIN_TEXT_PAD - 4]";
}

/// Which map of an Equal set holds a text of `length`: those above `low`, at most `high` bytes.
struct Bucket {
  std::size_t low = 0, high = 0;  ///< `low` is exclusive but for the first bucket
};
Bucket bucket_of(std::size_t length) {
  if (length <= 32) return {0, 32};
  for (std::size_t high = 64; high <= 256; high *= 2)
    if (length <= high) return {high / 2, high};
  const std::size_t high = (length + 255) / 256 * 256;
  return {high - 256, high};
}

/// Values longer than `limit`, by length.
std::map<std::size_t, std::vector<std::string>> longer_than(const std::vector<std::string>& values, std::size_t limit) {
  std::map<std::size_t, std::vector<std::string>> out;
  for (const auto& v : values)
    if (v.size() > limit) out[v.size()].push_back(v);
  return out;
}

Result<> check_lengths(std::size_t lengths, std::size_t limit, std::string_view what) {
  if (lengths <= kMaxLongLengths) return Ok{};
  return fail(ErrorCode::Unsupported, std::string(what) + " of " + std::to_string(lengths) +
                                          " different lengths above " + std::to_string(limit) +
                                          " bytes; the kernel program holds " + std::to_string(kMaxLongLengths));
}

/// One hash map a length: the key is that many bytes of the text at `where`, checked by `guard`.
template <class Lookup>
std::string long_lookups(const std::map<std::size_t, std::vector<std::string>>& by_length, const std::string& name,
                         TextSetCode& code, Lookup lookup) {
  std::string out;
  for (const auto& [length, values] : by_length) {
    const std::string map = name + "_l" + std::to_string(length);
    Entries entries;
    for (const auto& v : values) entries.emplace_back(bytes_of(v, length), one());
    declare(code, map, "char b[" + std::to_string(length) + "];", kHash, std::move(entries));
    out += lookup(map, std::to_string(length));
  }
  return out;
}

std::size_t longest_up_to(const std::vector<std::string>& values, std::size_t limit) {
  std::size_t out = 0;
  for (const auto& v : values)
    if (v.size() <= limit) out = std::max(out, v.size());
  return (out + 7) / 8 * 8;
}

/// Contents of a trie of `size` bytes from the values that fit it.
Entries trie_entries(const std::vector<std::string>& values, std::size_t size, bool reversed) {
  Entries out;
  for (std::string v : values) {
    if (v.size() > size) continue;
    if (reversed) std::ranges::reverse(v);
    out.emplace_back(key_with_head(static_cast<std::uint32_t>(8 * v.size()), v, size), one());
  }
  return out;
}

}  // namespace

Result<std::string> equal_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code) {
  std::map<std::size_t, Entries> buckets;
  std::size_t fill = 0;
  for (const auto& v : values) {
    const Bucket bucket = bucket_of(v.size());
    fill = std::max(fill, bucket.high - bucket.low);
    buckets[bucket.high].emplace_back(key_with_head(static_cast<std::uint32_t>(v.size()), v, bucket.high), one());
  }
  std::string out =
      "  u32 n = t->len;\n"
      "  u64 at = n & (BURIN_TEXT_MAX - 1);\n"
      "  asm volatile(\"\" : \"+r\"(at));\n"
      "  u64 *e = (u64 *)(t->b + at); /* what lies behind the text becomes zeros of the key */\n"
      "  u8 *hit = 0;\n";
  for (std::size_t i = 0; i < fill / 8; ++i) out += "  e[" + std::to_string(i) + "] = 0;\n";
  out += "  " + std::string(kHead) + " = n;\n";
  for (auto& [high, entries] : buckets) {
    const std::string map = std::string(name) + "_e" + std::to_string(high);
    const Bucket bucket = bucket_of(high);
    const std::string lower = bucket.low ? "n > " + std::to_string(bucket.low) + " && " : "";
    out += "  if (" + lower + "n <= " + std::to_string(high) + ") hit = " + map + ".lookup(" + head_key(map) + ");\n";
    declare(code, map, "u32 len; char b[" + std::to_string(high) + "];", kHash, std::move(entries));
  }
  return out + "  " + std::string(kHead) + " = 0;\n  return hit != 0;\n";
}

Result<std::string> prefix_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code) {
  const auto by_length = longer_than(values, kMaxTrieBytes);
  TRY_OK(check_lengths(by_length.size(), kMaxTrieBytes, "prefixes"));
  std::string out = "  u32 n = t->len;\n";
  out += long_lookups(by_length, std::string(name), code, [](const std::string& map, const std::string& length) {
    return "  if (n >= " + length + " && " + map + ".lookup((struct " + map + "_key *)t->b)) return 1;\n";
  });
  const std::size_t size = longest_up_to(values, kMaxTrieBytes);
  if (size == 0) return out + "  return 0;\n";
  const std::string map = std::string(name) + "_p";
  declare(code, map, "u32 bits; char b[" + std::to_string(size) + "];", kTrie, trie_entries(values, size, false));
  return out + "  " + std::string(kHead) + " = (n < " + std::to_string(size) + " ? n : " + std::to_string(size) +
         ") * 8;\n  u8 *hit = " + map + ".lookup(" + head_key(map) + ");\n  " + std::string(kHead) +
         " = 0;\n  return hit != 0;\n";
}

Result<std::string> postfix_body(const std::vector<std::string>& values, std::string_view name, TextSetCode& code) {
  const auto by_length = longer_than(values, kMaxReversedBytes);
  TRY_OK(check_lengths(by_length.size(), kMaxReversedBytes, "postfixes"));
  std::string out =
      "  u32 n = t->len;\n"
      "  u64 at = n & (BURIN_TEXT_MAX - 1);\n"
      "  asm volatile(\"\" : \"+r\"(at));\n";
  out += long_lookups(by_length, std::string(name), code, [](const std::string& map, const std::string& length) {
    return "  if (at >= " + length + ") {\n    u64 from = at - " + length +
           ";\n    asm volatile(\"\" : \"+r\"(from)); /* what is checked is what is used */\n    if (from < "
           "BURIN_TEXT_MAX - " +
           length + " && " + map + ".lookup((struct " + map + "_key *)(t->b + from))) return 1;\n  }\n";
  });
  const std::size_t size = longest_up_to(values, kMaxReversedBytes);
  if (size == 0) return out + "  return 0;\n";
  const std::string map = std::string(name) + "_r";
  declare(code, map, "u32 bits; char b[" + std::to_string(size) + "];", kTrie, trie_entries(values, size, true));
  out +=
      "  const char *e = t->b + at;\n"
      "  u64 *k = (u64 *)&t->b[BURIN_TEXT_MAX]; /* the key is built behind the longest text */\n"
      "  ((u32 *)k)[1] = (n < " +
      std::to_string(size) + " ? n : " + std::to_string(size) + ") * 8;\n";
  for (std::size_t i = 0; i < size / 8; ++i)
    out += "  k[" + std::to_string(i + 1) + "] = __builtin_bswap64(*(const u64 *)(e - " + std::to_string(8 * (i + 1)) +
           "));\n";
  return out + "  return " + map + ".lookup((struct " + map + "_key *)((u32 *)k + 1)) != 0;\n";
}

}  // namespace burin
