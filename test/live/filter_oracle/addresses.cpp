// 10^5 random (list, address) pairs: the code in the kernel, the reference contains(), and a naive matcher must agree.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>

#include "cidr/cidr.h"
#include "oracle_program.h"
#include "random_sets.h"

using namespace burin_test;

namespace {

burin::AddressSet parsed(const std::vector<Entry>& list) {
  burin::AddressSet set;
  for (const Entry& e : list) {
    const auto p = burin::parse_address(e.text);
    INFO(e.text << ": " << p.error);
    REQUIRE(p.error.empty());
    burin::add(set, p);
  }
  burin::normalise(set);
  return set;
}

/// The record of a sockaddr argument.
std::array<std::byte, 24> record_of(const Probe& probe) {
  std::array<std::byte, 24> out{};
  std::memcpy(out.data(), probe.bytes.data(), 16);
  std::memcpy(out.data() + 16, &probe.family, 2);
  return out;
}

struct Tally {
  std::size_t pairs = 0, in = 0, out = 0, not_ip = 0, mapped = 0, tables = 0, mismatches = 0;
};

void check_group(Rng& rng, const std::vector<std::vector<Entry>>& lists, std::size_t probes, Tally& tally) {
  OracleSource source;
  std::vector<burin::AddressSet> sets;
  for (const auto& list : lists) {
    sets.push_back(parsed(list));
    const std::string name = "set" + std::to_string(sets.size() - 1);
    auto code = burin::emit(sets.back(), name);
    REQUIRE(code);
    tally.tables += code->inits.size();
    source.add(std::move(*code));
    source.cases.push_back({"struct w_sockaddr", name + "_any(r->a0.addr, r->a0.family) + 1"});
  }
  OracleProgram program(source);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::size_t n = 0; n < probes; ++n) {
      const Probe probe = random_probe(rng, lists[i]);
      const int want = naive(lists[i], probe);
      const int reference = !burin::is_ip_family(probe.family)                    ? 0
                            : burin::contains(sets[i], probe.family, probe.bytes) ? 2
                                                                                  : 1;
      const int kernel = program.run(i, record_of(probe));
      ++tally.pairs;
      ++(want == 0 ? tally.not_ip : want == 1 ? tally.out : tally.in);
      tally.mapped += probe.family == AF_INET6 && probe.bytes[10] == 0xff && probe.bytes[11] == 0xff;
      if (kernel == want && reference == want) continue;
      ++tally.mismatches;
      if (tally.mismatches > 10) continue;
      std::string bytes;
      for (auto b : probe.bytes) bytes += std::to_string(b) + ".";
      UNSCOPED_INFO("list of " << lists[i].size() << " starting with " << lists[i].front().text << ", family "
                               << probe.family << " address " << bytes << ": naive " << want << ", contains "
                               << reference << ", kernel " << kernel);
    }
  }
}

}  // namespace

TEST_CASE("kernel, reference and naive matcher agree on 100,000 random pairs") {
  if (!can_load()) return;
  Rng rng(20240607);
  Tally tally;
  static constexpr std::size_t kSizes[] = {1, 2, 3, 8, 20, 24, 40, 100, 300, 1000, 3000, 20000};
  static constexpr Spread kSpreads[] = {Spread::Uniform, Spread::Cluster, Spread::Nested, Spread::Hosts};
  for (int round = 0; round < 4; ++round) {
    for (const Spread spread : kSpreads) {
      // Six lists share a program: compiling is what takes the time.
      for (std::size_t group = 0; group < std::size(kSizes); group += 6) {
        std::vector<std::vector<Entry>> lists;
        for (std::size_t k = 0; k < 6; ++k) lists.push_back(random_list(rng, kSizes[group + k], spread));
        check_group(rng, lists, 530, tally);
      }
    }
  }
  std::cout << "addresses: " << tally.pairs << " pairs, " << tally.in << " in, " << tally.out << " out, "
            << tally.not_ip << " not IP, " << tally.mapped << " mapped, " << tally.tables << " tables, "
            << tally.mismatches << " mismatches\n";
  CHECK(tally.mismatches == 0);
  CHECK(tally.pairs >= 100'000);
  CHECK(tally.in > tally.pairs / 10);
  CHECK(tally.out > tally.pairs / 10);
  CHECK(tally.not_ip > 1000);
  CHECK(tally.mapped > 5000);
  CHECK(tally.tables > 100);
}

TEST_CASE("lists of special shape agree") {
  if (!can_load()) return;
  Rng rng(7);
  Tally tally;
  const auto entry = [](std::string text, bool v4, std::initializer_list<std::uint8_t> bytes, unsigned prefix) {
    Entry e{std::move(text), v4, {}, prefix};
    std::copy(bytes.begin(), bytes.end(), e.bytes.begin());
    return e;
  };
  const Entry all4 = entry("0.0.0.0/0", true, {}, 0), all6 = entry("::/0", false, {}, 0);
  const Entry top4 = entry("255.255.255.255", true, {255, 255, 255, 255}, 32), zero4 = entry("0.0.0.0", true, {}, 32);
  Entry top6 = entry("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, {}, 128);
  top6.bytes.fill(255);
  const Entry zero6 = entry("::", false, {}, 128);
  const Entry mapped_all = entry("::ffff:0:0/96", true, {}, 0), around = entry("::/80", false, {}, 80);
  auto table = random_list(rng, 60, Spread::Hosts);
  auto ends = random_list(rng, 60, Spread::Uniform);
  ends.insert(ends.end(), {top4, zero4, top6, zero6});
  std::vector<Entry> halves = {entry("0.0.0.0/1", true, {}, 1), entry("128.0.0.0/1", true, {128}, 1),
                               entry("::/1", false, {}, 1), entry("8000::/1", false, {128}, 1)};
  check_group(rng, {{all4}, {all6}, {mapped_all}, {around}, {all4, all6}, {zero4, zero6}}, 500, tally);
  check_group(rng, {{top4, top6}, halves, table, ends}, 1500, tally);
  CHECK(tally.mismatches == 0);
}
