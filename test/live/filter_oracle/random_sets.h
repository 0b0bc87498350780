// Random address lists as a user could write them, and a naive matcher that shares nothing with the code under test.
#pragma once
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "model/value.h"

namespace burin_test {

using Rng = std::mt19937_64;

/// One list entry: what the user writes, and what it means to the naive matcher.
struct Entry {
  std::string text;
  bool v4 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< v4: the first four
  unsigned prefix = 0;
};

/// How a list's addresses are spread.
enum class Spread {
  Uniform,  ///< anywhere
  Cluster,  ///< IPv4 in one /12, IPv6 in one /40, plus a few anywhere
  Nested,   ///< each next part of the list shares more leading bits with its neighbours: the worst case for slots
  Hosts,    ///< every second address of one block
};

std::vector<Entry> random_list(Rng& rng, std::size_t size, Spread spread);

/// An address to look up.
struct Probe {
  std::uint16_t family = 0;
  burin::AddressBytes bytes{};
};
/// Half near the list's entries (edges, inside, one off), half anywhere; all families, mapped form included.
Probe random_probe(Rng& rng, const std::vector<Entry>& list);

/// 0: not IP, 1: in no entry, 2: in an entry. Compares bit by bit, entry by entry.
int naive(const std::vector<Entry>& list, const Probe& probe);

}  // namespace burin_test
