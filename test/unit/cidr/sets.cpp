// Normal form, reference membership, shapes, and what the generated text may depend on.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "cidr/cidr.h"
#include "cidr/slot_table.h"

using burin::AddressBytes;
using burin::AddressRange;
using burin::AddressSet;
using burin::MatchShape;
using burin::u128;

namespace {

AddressSet set_of(std::initializer_list<const char*> texts) {
  AddressSet set;
  for (const char* text : texts) {
    const auto parsed = burin::parse_address(text);
    INFO(text << ": " << parsed.error);
    REQUIRE(parsed.error.empty());
    burin::add(set, parsed);
  }
  burin::normalise(set);
  return set;
}

AddressBytes bytes(std::initializer_list<int> values) {
  AddressBytes out{};
  std::size_t i = 0;
  for (int v : values) out[i++] = static_cast<std::uint8_t>(v);
  return out;
}

std::vector<std::string> texts(const AddressSet& set) {
  std::vector<std::string> out;
  for (const auto& r : set.v4) out.push_back(burin::to_text(r, true));
  for (const auto& r : set.v6) out.push_back(burin::to_text(r, false));
  return out;
}

/// `count` single addresses that do not touch.
std::vector<AddressRange> spaced(std::size_t count, u128 from, u128 step) {
  std::vector<AddressRange> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({from + step * i, from + step * i});
  return out;
}

const AddressBytes kMapped10 = bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3});

/// What the generated C does, in C++: follows the table as table_text.cpp writes it.
bool table_contains(const burin::SlotTable& t, u128 key) {
  struct Sub {
    std::uint64_t hi, lo;
    std::uint32_t shift, last, base, pad;
  };
  const auto u32_at = [&](std::size_t at) {
    std::uint32_t v;
    std::memcpy(&v, &t.value.at(at), 4);
    return v;
  };
  if (t.prefix_bits > 0 && key >> (t.width - t.prefix_bits) != t.prefix) return false;
  const std::size_t per = t.width / 8, fences = t.subs * sizeof(Sub), slots = fences + t.fences * per;
  const unsigned shift = t.width - t.prefix_bits - t.root_bits;
  std::uint32_t w =
      u32_at(slots + 4 * (static_cast<std::size_t>(key >> shift) & ((std::size_t{1} << t.root_bits) - 1)));
  for (unsigned level = 1; level < t.levels; ++level) {
    if (!(w & burin::kSlotSub)) continue;
    Sub sub;
    std::memcpy(&sub, &t.value.at((w & ~burin::kSlotSub) * sizeof(Sub)), sizeof sub);
    const u128 lo = u128{sub.hi} << 64 | sub.lo;
    const u128 inner = key < lo ? 0 : (key - lo) >> sub.shift;
    const std::size_t index = key < lo ? 0 : inner >= sub.last ? sub.last : static_cast<std::size_t>(inner) + 1;
    w = u32_at(slots + 4 * (sub.base + index));
  }
  REQUIRE_FALSE(w & burin::kSlotSub);
  std::size_t at = w & ~burin::kSlotSettled;
  if (w & burin::kSlotSettled) return at & 1;
  for (unsigned s = t.steps; s-- > 0;) {
    u128 fence = 0;
    if (t.width == 128) {
      std::uint64_t halves[2];
      std::memcpy(halves, &t.value.at(fences + (at + (1u << s) - 1) * per), 16);
      fence = u128{halves[0]} << 64 | halves[1];
    } else {
      std::uint64_t narrow = 0;
      std::memcpy(&narrow, &t.value.at(fences + (at + (1u << s) - 1) * per), per);
      fence = narrow;
    }
    if (key > fence) at += 1u << s;
  }
  return at & 1;
}

}  // namespace

TEST_CASE("ranges merge when they overlap or touch, to the ends of the space") {
  CHECK(texts(set_of({"10.0.0.0/9", "10.128.0.0/9"})) == std::vector<std::string>{"10.0.0.0/8"});
  CHECK(texts(set_of({"10.0.0.0/8", "10.1.0.0/16", "10.255.255.255"})) == std::vector<std::string>{"10.0.0.0/8"});
  CHECK(texts(set_of({"10.0.0.3", "10.0.0.1", "10.0.0.2"})) == std::vector<std::string>{"10.0.0.1-10.0.0.3"});
  CHECK(texts(set_of({"::/1", "8000::/1"})) == std::vector<std::string>{"::/0"});
  CHECK(texts(set_of({"::/0", "ffff::/16", "::1"})) == std::vector<std::string>{"::/0"});
  CHECK(texts(set_of({"0.0.0.0", "255.255.255.255"})) == std::vector<std::string>{"0.0.0.0", "255.255.255.255"});
  CHECK(texts(set_of({"::ffff:10.0.0.0/105", "10.128.0.0/9"})) == std::vector<std::string>{"10.0.0.0/8"});
  burin::NumberSet numbers{{{5, 9}, {1, 3}, {4, 4}, {~0ULL, ~0ULL}, {0, 0}}};
  burin::normalise(numbers);
  CHECK(numbers == burin::NumberSet{{{0, 9}, {~0ULL, ~0ULL}}});
}

TEST_CASE("membership: mapped is IPv4, ::/0 is not IPv4, other families are in nothing") {
  const AddressSet ten = set_of({"10.0.0.0/8"});
  CHECK(burin::contains(ten, AF_INET, bytes({10, 1, 2, 3})));
  CHECK(burin::contains(ten, AF_INET6, kMapped10));
  CHECK_FALSE(burin::contains(ten, AF_INET, bytes({11, 0, 0, 0})));
  CHECK_FALSE(burin::contains(ten, AF_INET6, bytes({10, 1, 2, 3})));  // a00:102:..., a native address
  CHECK_FALSE(burin::contains(ten, AF_UNIX, bytes({10, 1, 2, 3})));
  const AddressSet six = set_of({"::/0"});
  CHECK(burin::contains(six, AF_INET6, bytes({0x20, 1})));
  CHECK_FALSE(burin::contains(six, AF_INET6, kMapped10));
  CHECK_FALSE(burin::contains(six, AF_INET, bytes({10, 1, 2, 3})));
  CHECK(burin::is_ip_family(AF_INET));
  CHECK(burin::is_ip_family(AF_INET6));
  CHECK_FALSE(burin::is_ip_family(AF_UNIX));
}

TEST_CASE("shapes") {
  CHECK(burin::shape_of({}, true) == MatchShape::Empty);
  CHECK(burin::shape_of(set_of({"0.0.0.0/0"}).v4, true) == MatchShape::All);
  CHECK(burin::shape_of(set_of({"::/0"}).v6, false) == MatchShape::All);
  CHECK(burin::shape_of(set_of({"0.0.0.0/1"}).v4, true) == MatchShape::Inline);
  CHECK(burin::shape_of({{0, 0xffffffff}}, false) == MatchShape::Inline);
  CHECK(burin::shape_of(spaced(10, 1, 2), true) == MatchShape::Inline);
  CHECK(burin::shape_of(spaced(11, 1, 2), true) == MatchShape::SlotTable);
}

TEST_CASE("emitted text: constants, and a text that does not change with a table's contents") {
  const auto none = burin::emit({}, "s");
  REQUIRE(none);
  CHECK(none->maps.empty());
  CHECK(none->inits.empty());
  CHECK(none->functions.find("static __always_inline int s_v4(u32 key) {\n  return 0;\n}") != std::string::npos);
  CHECK(none->functions.find("static __always_inline int s_v6(u64 h, u64 l) {\n  return 0;\n}") != std::string::npos);
  CHECK(none->functions.find("static __always_inline int s_any(const u64 bytes[2], u16 family)") != std::string::npos);
  const auto all = burin::emit(set_of({"0.0.0.0/0", "::/0"}), "s");
  REQUIRE(all);
  CHECK(all->functions.find("s_v4(u32 key) {\n  return 1;\n}") != std::string::npos);
  CHECK(all->functions.find("s_v6(u64 h, u64 l) {\n  return 1;\n}") != std::string::npos);
  const auto ten = burin::emit(set_of({"10.0.0.0/8"}), "s");
  REQUIRE(ten);
  CHECK(ten->functions.find("  if ((a >> 24) == 0xaULL) return 1;\n") != std::string::npos);

  // Same number of ranges in the same block: same program, other contents.
  AddressSet one, two;
  one.v4 = spaced(200, 0x0a000000, 1000);
  two.v4 = spaced(200, 0x0a000001, 1000);
  const auto first = burin::emit(one, "s"), second = burin::emit(two, "s");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->functions == second->functions);
  CHECK(first->maps == second->maps);
  REQUIRE(first->inits.size() == 1);
  CHECK(first->inits[0].map == "s_v4_map");
  CHECK(first->inits[0].entries != second->inits[0].entries);
}

TEST_CASE("a slot table says exactly what its ranges say") {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 300; ++round) {
    const unsigned width = round % 3 == 0 ? 32 : round % 3 == 1 ? 64 : 128;
    const u128 mask = width == 128 ? ~u128{0} : (u128{1} << width) - 1;
    const std::size_t count = 11 + rng() % 1500;
    // Crowded at several scales at once, so that levels and steps vary.
    const unsigned kinds = 1 + rng() % 4;
    AddressSet set;
    const u128 anchor = (u128{rng()} << 64 | rng()) & mask;
    for (std::size_t i = 0; i < count; ++i) {
      const unsigned keep = static_cast<unsigned>(rng() % kinds) * (width / 4 - 1);
      const u128 free = mask >> keep;
      const u128 at = (anchor & ~free & mask) | ((u128{rng()} << 64 | rng()) & free);
      const u128 to = at + std::min<u128>(mask - at, rng() % 3 ? 0 : free >> (8 + rng() % 20));
      set.v6.push_back({at, to});
    }
    if (round % 5 == 0) set.v6.push_back({0, 0});
    if (round % 7 == 0) set.v6.push_back({mask, mask});
    burin::normalise(set);
    if (set.v6.size() < 2) continue;
    const auto table = burin::build_slot_table(set.v6, width, burin::kMaxTableBytes);
    REQUIRE(table);
    REQUIRE(table->levels <= burin::kMaxLevels);
    std::size_t wrong = 0;
    for (int n = 0; n < 400; ++n) {
      const AddressRange& near = set.v6[rng() % set.v6.size()];
      u128 key = (n % 2 ? near.lo : near.hi) + static_cast<int>(rng() % 3) - 1;
      if (n % 4 == 0) key = u128{rng()} << 64 | rng();
      key &= mask;
      bool want = false;
      for (const auto& r : set.v6) want = want || (key >= r.lo && key <= r.hi);
      wrong += table_contains(*table, key) != want;
    }
    INFO("round " << round << ", " << set.v6.size() << " ranges of " << width << " bits, levels " << table->levels
                  << ", steps " << table->steps);
    CHECK(wrong == 0);
  }
}

TEST_CASE("crowded lists get a second level; 65,536 ranges fit the 4 MiB of old kernels; too much is an error") {
  auto crowd = spaced(5000, u128{0x20010db8} << 96, 2);
  crowd.insert(crowd.begin(), {1, 1});
  crowd.push_back({~u128{0}, ~u128{0}});
  const auto table = burin::build_slot_table(crowd, 128, burin::kMaxTableBytes);
  REQUIRE(table);
  CHECK(table->levels == 2);
  CHECK(table->steps <= burin::kWantedSteps);

  // 65,536 in one crowd, the common prefix spoilt by two others.
  auto large = spaced(65534, u128{0x20010db8} << 96, 2);
  large.insert(large.begin(), {1, 1});
  large.push_back({~u128{0}, ~u128{0}});
  const auto full = burin::build_slot_table(large, 128, burin::kMaxTableBytes);
  REQUIRE(full);
  CHECK(full->value.size() <= 4u << 20);

  AddressSet enormous;
  enormous.v6 = spaced(1'200'000, u128{1} << 100, u128{1} << 80);
  const auto refused = burin::emit(enormous, "s");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == burin::ErrorCode::Unsupported);
  CHECK(refused.error().message.find("1200000 ranges need a table of ") == 0);
}
