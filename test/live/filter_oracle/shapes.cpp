// Tables of many shapes (prefix, root bits, levels, steps): each text must get through clang and the verifier whole,
// and answer right. What clang knows about a key may change masks and checks that the verifier needs; this is where it
// shows.
#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>
#include <set>

#include "cidr/cidr.h"
#include "cidr/slot_table.h"
#include "oracle_program.h"
#include "random_sets.h"

using namespace burin_test;
using burin::AddressRange;
using burin::u128;

namespace {

u128 wide(Rng& rng) {
  return u128{rng()} << 64 | rng();
}

/// Ranges below a random common prefix, crowded at up to four scales.
std::vector<AddressRange> random_ranges(Rng& rng, unsigned width) {
  const u128 all = width == 128 ? ~u128{0} : (u128{1} << width) - 1;
  const unsigned prefix = rng() % 3 == 0 ? 0 : static_cast<unsigned>(rng() % (width - 9));
  const u128 block = all >> prefix, anchor = wide(rng) & all;
  const unsigned scales = 1 + rng() % 4;
  const std::size_t count = 11 + (std::size_t{1} << rng() % 12);
  burin::AddressSet set;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned keep = static_cast<unsigned>(rng() % scales) * ((width - prefix) / 4);
    const u128 free = block >> keep;
    const u128 at = (anchor & ~free & all) | (wide(rng) & free);
    const u128 last = anchor | block;
    set.v6.push_back({at, at + std::min<u128>(last - at, rng() % 3 ? 0 : free >> 10)});
  }
  burin::normalise(set);
  return set.v6;
}

struct Case {
  unsigned width;
  std::vector<AddressRange> ranges;
};

std::size_t check(Rng& rng, const std::vector<Case>& cases) {
  OracleSource source;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string name = "set" + std::to_string(i);
    const unsigned width = cases[i].width;
    if (width == 64) {
      burin::NumberSet set;
      for (const auto& r : cases[i].ranges)
        set.ranges.push_back({static_cast<std::uint64_t>(r.lo), static_cast<std::uint64_t>(r.hi)});
      auto code = burin::emit_numbers(set, name);
      REQUIRE(code);
      source.add(std::move(*code));
      source.cases.push_back({"struct { u64 h, l; }", name + "(r->a0.l)"});
    } else {
      burin::AddressSet set;
      (width == 32 ? set.v4 : set.v6) = cases[i].ranges;
      auto code = burin::emit(set, name);
      REQUIRE(code);
      source.add(std::move(*code));
      source.cases.push_back(
          {"struct { u64 h, l; }", width == 32 ? name + "_v4((u32)r->a0.l)" : name + "_v6(r->a0.h, r->a0.l)"});
    }
  }
  OracleProgram program(source);
  std::size_t mismatches = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (int n = 0; n < 100; ++n) {
      const AddressRange& near = cases[i].ranges[rng() % cases[i].ranges.size()];
      u128 key = (n % 2 ? near.lo : near.hi) + static_cast<int>(rng() % 3) - 1;
      if (n % 8 == 0) key = wide(rng);
      if (n % 8 == 4) key ^= u128{1} << rng() % cases[i].width;
      if (cases[i].width < 128) key &= (u128{1} << cases[i].width) - 1;
      bool want = false;
      for (const auto& r : cases[i].ranges) want = want || (key >= r.lo && key <= r.hi);
      const std::uint64_t words[2] = {static_cast<std::uint64_t>(key >> 64), static_cast<std::uint64_t>(key)};
      mismatches += program.run(i, std::as_bytes(std::span(words))) != static_cast<int>(want);
    }
  }
  return mismatches;
}

}  // namespace

TEST_CASE("tables of every shape load and answer") {
  if (!can_load()) return;
  Rng rng(77);
  std::set<std::string> shapes;
  std::set<unsigned> levels, steps;
  std::size_t mismatches = 0;
  for (int group = 0; group < 24; ++group) {
    std::vector<Case> cases;
    while (cases.size() < 9) {
      const unsigned width = cases.size() % 3 == 0 ? 32 : cases.size() % 3 == 1 ? 64 : 128;
      Case c{width, random_ranges(rng, width)};
      if (c.ranges.size() <= burin::kInlineRanges) continue;
      const auto table = burin::build_slot_table(c.ranges, width, burin::kMaxTableBytes);
      REQUIRE(table);
      levels.insert(table->levels);
      steps.insert(table->steps);
      shapes.insert(std::to_string(width) + "/" + std::to_string(table->prefix_bits) + "/" +
                    std::to_string(table->root_bits) + "/" + std::to_string(table->levels) + "/" +
                    std::to_string(table->steps));
      cases.push_back(std::move(c));
    }
    mismatches += check(rng, cases);
  }
  std::cout << "shapes: " << shapes.size() << " different ones, " << mismatches << " mismatches\n";
  CHECK(mismatches == 0);
  CHECK(shapes.size() > 150);
  CHECK(levels == std::set<unsigned>{1, 2, 3});
  CHECK(steps.size() >= 6);
}
