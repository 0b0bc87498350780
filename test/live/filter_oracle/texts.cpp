// Text sets in the kernel against matches(): every way, sizes that are inlined and sizes that become maps, and inputs
// made of the values themselves, so that near misses are as frequent as hits.
#include <catch2/catch.hpp>
#include <iostream>

#include "oracle_program.h"
#include "random_sets.h"
#include "text/text_set.h"

using namespace burin_test;
using burin::StringSet;
using burin::TextMatch;

namespace {

constexpr TextMatch kWays[] = {TextMatch::Equal, TextMatch::Prefix, TextMatch::Postfix, TextMatch::SubString,
                               TextMatch::SubStringIgnoreCase};
constexpr const char* kNames[] = {"Equal", "Prefix", "Postfix", "SubString", "SubStringIgnoreCase"};

/// Few letters, so that values share beginnings and ends; sometimes any byte at all.
std::string random_text(Rng& rng, std::size_t length) {
  static constexpr std::string_view kLetters = "ab/Ab.";
  const bool any = rng() % 8 == 0;
  std::string out(length, '\0');
  for (char& c : out) c = any ? static_cast<char>(rng() % 251) : kLetters[rng() % kLetters.size()];
  return out;
}

std::size_t random_length(Rng& rng, std::size_t longest) {
  static constexpr std::size_t kEdges[] = {1,   7,   8,   9,   15,  16,  17,  31,  32,  33,  63,  64,  65,
                                           127, 128, 129, 247, 248, 249, 255, 256, 257, 511, 512, 513, 4095};
  const std::size_t n = rng() % 3 ? 1 + rng() % 12 : rng() % 2 ? kEdges[rng() % std::size(kEdges)] : 1 + rng() % 400;
  return std::min(n, longest);
}

StringSet random_set(Rng& rng, std::size_t count, std::size_t longest) {
  StringSet out;
  while (out.values.size() < count) out.values.push_back(random_text(rng, random_length(rng, longest)));
  return out;
}

/// A value, cut, lengthened, or changed in one place, with something before or behind it.
std::string random_input(Rng& rng, const StringSet& set) {
  std::string out = set.values[rng() % set.values.size()];
  switch (rng() % 8) {
    case 0: out.resize(rng() % (out.size() + 1)); break;
    case 1: out.erase(0, rng() % (out.size() + 1)); break;
    case 2: out[rng() % out.size()] ^= static_cast<char>(1 << rng() % 8); break;
    case 3: out = random_text(rng, random_length(rng, 4095)); break;
    case 4:
      for (char& c : out)
        if (rng() % 2 && ((c | 32) >= 'a' && (c | 32) <= 'z')) c ^= 32;
      break;
    default: break;
  }
  if (rng() % 2) out.insert(0, random_text(rng, rng() % 20));
  if (rng() % 3 == 0) out += random_text(rng, rng() % 20);
  if (rng() % 16 == 0) out += std::string(1, '\0');
  if (out.size() > 4095) out.resize(4095);
  return out;
}

struct Tally {
  std::size_t runs = 0, hits = 0, mismatches = 0;
};

void check(Rng& rng, const std::vector<StringSet>& sets, TextMatch how, std::size_t runs, Tally& tally) {
  OracleSource source;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::string name = "set" + std::to_string(i);
    auto code = burin::emit_texts(sets[i], how, name);
    INFO((code ? "" : code.error().text()));
    REQUIRE(code);
    source.add(std::move(*code));
    source.cases.push_back({"u64", name + "(" + kOracleText + ")"});
  }
  OracleProgram program(source);
  for (std::size_t n = 0; n < runs; ++n) {
    const std::size_t i = rng() % sets.size();
    const std::string input = random_input(rng, sets[i]);
    const bool want = burin::matches(sets[i], how, input);
    const int got = program.run(i, {}, {input});
    ++tally.runs;
    tally.hits += want;
    if (got == static_cast<int>(want)) continue;
    if (++tally.mismatches <= 5)
      UNSCOPED_INFO("set of " << sets[i].values.size() << ", input of " << input.size() << " bytes \""
                              << input.substr(0, 60) << "\": reference " << want << ", kernel " << got);
  }
}

}  // namespace

TEST_CASE("text sets in the kernel agree with the reference on 100,000 inputs each way") {
  if (!can_load()) return;
  Rng rng(4095);
  for (std::size_t way = 0; way < std::size(kWays); ++way) {
    INFO(kNames[way]);
    Tally tally;
    for (int round = 0; round < 5; ++round) {
      std::vector<StringSet> sets;
      for (const std::size_t count : {1, 2, 5, 20, 32, 33, 300}) sets.push_back(random_set(rng, count, 300));
      sets.push_back(random_set(rng, 3, 4095));
      check(rng, sets, kWays[way], 20'000, tally);
    }
    std::cout << "texts, " << kNames[way] << ": " << tally.runs << " runs, " << tally.hits << " hits, "
              << tally.mismatches << " mismatches\n";
    CHECK(tally.mismatches == 0);
    CHECK(tally.runs >= 100'000);
    CHECK(tally.hits > tally.runs / 10);
    CHECK(tally.runs - tally.hits > tally.runs / 10);
  }
}

TEST_CASE("large text sets of long values load and match right") {
  if (!can_load()) return;
  Rng rng(11);
  for (std::size_t way = 0; way < 3; ++way) {
    INFO(kNames[way]);
    Tally tally;
    StringSet large = random_set(rng, 10'000, 200), lengths = random_set(rng, 40, 20);
    for (std::size_t i = 0; i < 30; ++i) lengths.values.push_back(random_text(rng, 240 + 128 * i));
    check(rng, {large, lengths}, kWays[way], 3'000, tally);
    CHECK(tally.mismatches == 0);
    CHECK(tally.hits > 300);
  }
}
