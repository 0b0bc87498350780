// What a slot table costs in instructions, and that very long and very crowded lists load and answer right.
#include <sys/socket.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>

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

/// `count` disjoint ranges that do not touch, made from `start(i)`, any order.
template <class Start>
std::vector<AddressRange> ranges_from(std::size_t count, Start start) {
  burin::AddressSet set;
  for (std::size_t i = 0; i < count; ++i) {
    const u128 at = start(i);
    set.v6.push_back({at, at});
  }
  burin::normalise(set);
  return set.v6;
}

struct Shape {
  const char* name;
  unsigned width;
  std::vector<AddressRange> ranges;
};

/// Uniform, clustered and as unfriendly as can be, up to 65,536 ranges in each width.
std::vector<Shape> shapes() {
  Rng rng(99);
  std::vector<Shape> out;
  for (const unsigned width : {32u, 64u, 128u}) {
    const u128 mask = width == 128 ? ~u128{0} : (u128{1} << width) - 1;
    const u128 high = u128{0xb} << (width - 4);
    out.push_back({"uniform 11", width, ranges_from(11, [&](std::size_t) { return wide(rng) & mask; })});
    out.push_back({"uniform 1000", width, ranges_from(1000, [&](std::size_t) { return wide(rng) & mask; })});
    out.push_back({"uniform 65536", width, ranges_from(65536, [&](std::size_t) { return wide(rng) & mask; })});
    out.push_back({"every second 65536", width, ranges_from(65536, [&](std::size_t i) { return high + 2 * i; })});
    // Two far neighbours take the common prefix away; the crowd sits in one slot of the first level.
    out.push_back({"crowd 65536 + 2", width, ranges_from(65538, [&](std::size_t i) {
                     return i == 0 ? u128{0} : i == 1 ? mask : high + 2 * i;
                   })});
    // Every subtree has a dense half and a sparse half: each further bit separates only one part in k from the rest.
    out.push_back({"nested", width, ranges_from(65536, [&](std::size_t i) {
                     const unsigned depth = static_cast<unsigned>(i % (width - 18));
                     const u128 path = high >> 4;
                     const u128 below = (u128{1} << (width - depth - 1)) - 1;
                     return (path & ~below & mask) ^ (u128{1} << (width - depth - 1)) ^ (wide(rng) & below & 0xffff);
                   })});
  }
  return out;
}

std::size_t instructions(const OracleSource& source) {
  return compile(oracle_text(source)).programs[0].insns.size();
}

struct Built {
  OracleSource source;
  std::size_t added = 0;  ///< instructions over the same program with an empty set
};

Built build(const Shape& shape) {
  const auto emit_into = [&](OracleSource& source, const std::vector<AddressRange>& ranges) {
    if (shape.width == 64) {
      burin::NumberSet set;
      for (const auto& r : ranges)
        set.ranges.push_back({static_cast<std::uint64_t>(r.lo), static_cast<std::uint64_t>(r.hi)});
      auto code = burin::emit_numbers(set, "set");
      REQUIRE(code);
      source.add(std::move(*code));
      source.cases = {{"u64", "set(r->a0)"}};
    } else {
      burin::AddressSet set;
      (shape.width == 32 ? set.v4 : set.v6) = ranges;
      auto code = burin::emit(set, "set");
      REQUIRE(code);
      source.add(std::move(*code));
      source.cases = {
          {"struct { u64 h, l; }", shape.width == 32 ? "set_v4((u32)r->a0.l)" : "set_v6(r->a0.h, r->a0.l)"}};
    }
  };
  Built out;
  OracleSource empty;
  emit_into(empty, {});
  emit_into(out.source, shape.ranges);
  out.added = instructions(out.source) - instructions(empty);
  return out;
}

bool in(const std::vector<AddressRange>& ranges, u128 key) {
  for (const auto& r : ranges)
    if (key >= r.lo && key <= r.hi) return true;
  return false;
}

}  // namespace

TEST_CASE("a slot table adds at most 200 instructions, whatever the list") {
  if (!can_load()) return;
  Rng rng(5);
  for (const Shape& shape : shapes()) {
    const auto table = burin::build_slot_table(shape.ranges, shape.width, burin::kMaxTableBytes);
    REQUIRE(table);
    Built built = build(shape);
    std::cout << "slot table, " << shape.width << " bits, " << shape.name << ": " << shape.ranges.size()
              << " ranges, prefix " << table->prefix_bits << ", root " << table->root_bits << ", levels "
              << table->levels << ", steps " << table->steps << ", " << table->value.size() / 1024 << " KiB, +"
              << built.added << " instructions\n";
    INFO(shape.name << " " << shape.width);
    CHECK(built.added <= 200);
    OracleProgram program(built.source);
    std::size_t mismatches = 0, inside = 0;
    for (int n = 0; n < 400; ++n) {
      const AddressRange& near = shape.ranges[rng() % shape.ranges.size()];
      u128 key = near.lo + static_cast<int>(rng() % 5) - 2;
      if (n % 8 == 0) key = wide(rng);
      if (shape.width < 128) key &= (u128{1} << shape.width) - 1;
      const std::uint64_t words[2] = {
          shape.width == 64 ? static_cast<std::uint64_t>(key) : static_cast<std::uint64_t>(key >> 64),
          static_cast<std::uint64_t>(key)};
      const bool want = in(shape.ranges, key);
      inside += want;
      mismatches += program.run(0, std::as_bytes(std::span(words))) != static_cast<int>(want);
    }
    CHECK(mismatches == 0);
    CHECK(inside > 50);
  }
}
