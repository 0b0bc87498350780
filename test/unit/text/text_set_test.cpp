// The reference matching of texts, and which shape a set takes.
#include "text/text_set.h"

#include <catch2/catch.hpp>

using burin::emit_texts;
using burin::matches;
using burin::StringSet;
using burin::TextMatch;

namespace {

std::string c_of(const StringSet& set, TextMatch how) {
  const auto code = emit_texts(set, how, "set0");
  INFO((code ? "" : code.error().text()));
  REQUIRE(code);
  return code->maps + code->functions;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

StringSet many(std::size_t count, std::size_t length) {
  StringSet out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string value = std::to_string(i);
    value.resize(length, '-');
    out.values.push_back(value);
  }
  return out;
}

}  // namespace

TEST_CASE("what each way means") {
  const StringSet set{{"/etc/passwd", "b"}};
  CHECK(matches(set, TextMatch::Equal, "/etc/passwd"));
  CHECK_FALSE(matches(set, TextMatch::Equal, "/etc/passwd2"));
  CHECK_FALSE(matches(set, TextMatch::Equal, std::string_view("b\0", 2)));
  CHECK(matches(set, TextMatch::Prefix, "/etc/passwd2"));
  CHECK_FALSE(matches(set, TextMatch::Prefix, "/etc/passw"));
  CHECK(matches(set, TextMatch::Postfix, "ab"));
  CHECK_FALSE(matches(set, TextMatch::Postfix, "ba"));
  CHECK(matches(set, TextMatch::SubString, "abc"));
  CHECK_FALSE(matches(set, TextMatch::SubString, "aBc"));
  CHECK(matches(set, TextMatch::SubStringIgnoreCase, "aBc"));
  CHECK(matches({{"ÄB"}}, TextMatch::SubStringIgnoreCase, "Äb"));
  CHECK_FALSE(matches({{"ä"}}, TextMatch::SubStringIgnoreCase, "Ä"));  // ASCII letters only
  for (const TextMatch how : {TextMatch::Equal, TextMatch::Prefix, TextMatch::Postfix, TextMatch::SubString}) {
    CHECK_FALSE(matches({}, how, ""));
    CHECK(matches({{""}}, how, ""));
    CHECK(matches({{""}}, how, "x") == (how != TextMatch::Equal));
  }
}

TEST_CASE("few values are compares, many are maps, and no byte of a value is C text") {
  CHECK_FALSE(has(c_of({{"secret", "/etc/secrets"}}, TextMatch::Equal), "secret"));
  CHECK_FALSE(has(c_of({{"secret"}}, TextMatch::Equal), "BPF_"));
  CHECK(has(c_of(many(33, 20), TextMatch::Equal), "BPF_HASH(set0_e32,"));
  CHECK(has(c_of(many(2, 2000), TextMatch::Equal), "BPF_HASH(set0_e2048,"));
  CHECK(has(c_of(many(33, 20), TextMatch::Prefix), "BPF_LPM_TRIE(set0_p,"));
  CHECK(has(c_of(many(33, 300), TextMatch::Prefix), "BPF_HASH(set0_l300,"));
  CHECK(has(c_of(many(33, 20), TextMatch::Postfix), "BPF_LPM_TRIE(set0_r,"));
  CHECK(has(c_of(many(1, 300), TextMatch::Postfix), "BPF_HASH(set0_l300,"));
  CHECK(has(c_of({{"secret"}}, TextMatch::SubString), "BPF_ARRAY(set0_map,"));
  CHECK_FALSE(has(c_of({{"secret"}}, TextMatch::SubString), "secret"));
}

TEST_CASE("an edited list of the same shape is the same program") {
  CHECK(c_of(many(40, 20), TextMatch::Equal) == c_of({[] {
                                                       auto set = many(40, 20);
                                                       for (auto& v : set.values) v.back() = 'x';
                                                       return set.values;
                                                     }()},
                                                     TextMatch::Equal));
}

TEST_CASE("what the kernel could not hold is refused with its numbers") {
  const auto error = [](const StringSet& set, TextMatch how) {
    const auto code = emit_texts(set, how, "set0");
    return code ? std::string() : code.error().text();
  };
  CHECK(has(error({{std::string(4096, 'a')}}, TextMatch::Equal), "4096 bytes is longer than the 4095"));
  StringSet lengths;
  for (std::size_t i = 0; i < 65; ++i) lengths.values.emplace_back(300 + i, 'a');
  CHECK(has(error(lengths, TextMatch::Prefix), "65 different lengths above 256 bytes"));
  CHECK(has(error(lengths, TextMatch::Postfix), "65 different lengths above 248 bytes"));
  StringSet large;
  std::uint64_t state = 1;
  for (int i = 0; i < 2000; ++i) {
    std::string value;
    for (int k = 0; k < 100; ++k) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      value.push_back(static_cast<char>(32 + (state >> 33) % 64));
    }
    large.values.push_back(value);
  }
  CHECK(has(error(large, TextMatch::SubString), "2000 substrings need"));
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  CHECK(has(error({{all}}, TextMatch::SubString), "all 256 bytes"));
}
