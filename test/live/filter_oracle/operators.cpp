// Every operator on every type it applies to: its C predicate in the kernel against its reference evaluation. Nothing
// here names an operator: a new one is picked up from all_operators(), with whatever of the value pool it accepts.
#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>
#include <map>

#include "cidr/cidr.h"
#include "operators/operator.h"
#include "oracle_program.h"
#include "random_sets.h"
#include "types/arg_type.h"

using namespace burin_test;
using burin::ArgType;
using burin::Operand;
using burin::Operator;

namespace {

/// Numbers at which something changes: widths, signs, port classes, names.
constexpr std::int64_t kNumbers[] = {0,
                                     1,
                                     2,
                                     3,
                                     6,
                                     7,
                                     10,
                                     12,
                                     17,
                                     58,
                                     80,
                                     127,
                                     128,
                                     255,
                                     256,
                                     443,
                                     1023,
                                     1024,
                                     8080,
                                     32767,
                                     32768,
                                     65535,
                                     65536,
                                     0x7fffffff,
                                     0x80000000LL,
                                     0xffffffffLL,
                                     0x100000000LL,
                                     -1,
                                     -2,
                                     -127,
                                     -128,
                                     -129,
                                     -32768,
                                     -32769,
                                     -2147483648LL,
                                     -2147483649LL,
                                     INT64_MAX,
                                     INT64_MIN,
                                     INT64_MAX - 1,
                                     INT64_MIN + 1};

std::vector<std::string> pool(Rng& rng) {
  std::vector<std::string> out = {
      "AF_INET",    "AF_INET6",   "AF_UNIX",     "IPPROTO_TCP", "IPPROTO_ICMPV6",     "TCP_SYN_SENT",
      "TCP_CLOSE",  "0x10",       "010",         "0b101",       "0xffffffffffffffff", "18446744073709551615",
      "TCP_LISTEN", "10.0.0.0/8", "192.168.1.7", "::1",         "2001:db8::/32",      "::ffff:10.1.2.3",
      "0.0.0.0/0",  "::/0",       "list:x"};
  for (const std::int64_t n : kNumbers) {
    out.push_back(std::to_string(n));
    out.push_back(std::to_string(n) + ":" + std::to_string(kNumbers[rng() % std::size(kNumbers)]));
  }
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t n = rng() >> (rng() % 64);
    out.push_back(std::to_string(n));
    out.push_back(std::to_string(n) + ":" + std::to_string(n + rng() % 100));
    for (const auto& e : random_list(rng, 1, Spread::Uniform)) out.push_back(e.text);
  }
  return out;
}

burin::Located<std::string> located(std::string text) {
  return {std::move(text), {"pool", 1, 1, 1}};
}

/// The pool's values that this operator takes for this type.
std::vector<std::string> accepted(const Operator& op, const ArgType& type, const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& v : values) {
    burin::Diagnostics diagnostics;
    op.parse({located(v)}, type, diagnostics);
    if (!diagnostics.has_errors()) out.push_back(v);
  }
  return out;
}

/// Bytes of a field: random, with interesting numbers and the pool's addresses strewn in.
std::vector<std::byte> random_field(Rng& rng, std::size_t size) {
  std::vector<std::byte> out(size);
  for (auto& b : out) b = static_cast<std::byte>(rng());
  const auto interesting = [&](std::size_t at, std::size_t width) {
    const std::int64_t n = kNumbers[rng() % std::size(kNumbers)] + static_cast<std::int64_t>(rng() % 3) - 1;
    if (at + width <= size) std::memcpy(&out[at], &n, width);
  };
  if (size <= 8) {
    if (rng() % 4) interesting(0, size);
    return out;
  }
  for (std::size_t at = 0; at + 16 <= size && at < 32; at += 16) {
    static constexpr std::uint8_t kAddresses[][16] = {{10, 1, 2, 3},
                                                      {192, 168, 1, 7},
                                                      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3},
                                                      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                                                      {0x20, 1, 0x0d, 0xb8, 1}};
    if (rng() % 3) std::memcpy(&out[at], kAddresses[rng() % std::size(kAddresses)], 16);
  }
  // 16-bit members are the ones operators look at: families, ports, protocols, and a byte of state.
  for (std::size_t at = 16; at + 2 <= size; at += 2) {
    static constexpr std::uint16_t kSmall[] = {2, 10, 2, 10, 1, 6, 17, 7, 58, 80, 443, 1023, 1024};
    if (at >= 32 || size < 32) {
      const std::uint16_t n = kSmall[rng() % std::size(kSmall)];
      if (rng() % 3)
        std::memcpy(&out[at], &n, 2);
      else if (rng() % 2)
        interesting(at, 2);
    }
  }
  return out;
}

struct Pending {
  const Operator* op;
  const ArgType* type;
  Operand operand;
  std::string values;
};

struct Hits {
  std::size_t yes = 0, no = 0;
};

std::size_t check(Rng& rng, const std::vector<Pending>& cases, std::map<std::string, Hits>& hits, std::size_t& runs) {
  OracleSource source;
  unsigned sets = 0;
  for (const Pending& c : cases) {
    burin::PredicateSite site;
    site.arg = "r->a0";
    site.address_set = [&](const burin::AddressSet& set) {
      const std::string name = "set" + std::to_string(sets++);
      auto code = burin::emit(set, name);
      REQUIRE(code);
      source.add(std::move(*code));
      return name;
    };
    site.number_set = [&](const burin::NumberSet& set) {
      const std::string name = "set" + std::to_string(sets++);
      auto code = burin::emit_numbers(set, name);
      REQUIRE(code);
      source.add(std::move(*code));
      return name;
    };
    source.cases.push_back({std::string(c.type->shape.c_type), c.op->predicate(site, *c.type, c.operand)});
  }
  OracleProgram program(source);
  std::size_t mismatches = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Pending& c = cases[i];
    for (int n = 0; n < 120; ++n) {
      const auto field = random_field(rng, c.type->shape.size);
      burin::Value value;
      REQUIRE(c.type->decode(field, field, value));
      const bool want = c.op->evaluate(value, *c.type, c.operand);
      const int got = program.run(i, field);
      ++runs;
      ++(want ? hits[std::string(c.op->name)].yes : hits[std::string(c.op->name)].no);
      if (got == static_cast<int>(want)) continue;
      if (++mismatches <= 5)
        UNSCOPED_INFO(c.op->name << " on " << c.type->name << " [" << c.values << "]: reference " << want << ", kernel "
                                 << got);
    }
  }
  return mismatches;
}

}  // namespace

TEST_CASE("each operator's C predicate agrees with its reference evaluation") {
  if (!can_load()) return;
  Rng rng(31);
  const auto values = pool(rng);
  std::map<std::string, Hits> hits;
  std::vector<Pending> batch;
  std::size_t mismatches = 0, runs = 0, combinations = 0;
  for (const Operator& op : burin::all_operators()) {
    for (const ArgType& type : burin::all_types()) {
      if (type.shape.size == 0 || !op.applies_to(type.type_class)) continue;
      const auto usable = accepted(op, type, values);
      INFO(op.name << " on " << type.name);
      REQUIRE_FALSE((op.takes_values && usable.empty()));
      ++combinations;
      // A short list that stays inline, and a long one that becomes a table where the operator keeps sets.
      for (const std::size_t count : {std::size_t{1} + rng() % 3, std::size_t{80}}) {
        std::vector<burin::Located<std::string>> list;
        std::string text;
        for (std::size_t i = 0; op.takes_values && i < count; ++i) {
          list.push_back(located(usable[rng() % usable.size()]));
          if (i < 4) text += list.back().value + " ";
        }
        burin::Diagnostics diagnostics;
        batch.push_back({&op, &type, op.parse(list, type, diagnostics), text});
        REQUIRE_FALSE(diagnostics.has_errors());
      }
      if (batch.size() >= 24) {
        mismatches += check(rng, batch, hits, runs);
        batch.clear();
      }
    }
  }
  if (!batch.empty()) mismatches += check(rng, batch, hits, runs);
  std::cout << "operators: " << combinations << " operator and type pairs, " << runs << " runs, " << mismatches
            << " mismatches\n";
  CHECK(mismatches == 0);
  CHECK(hits.size() == burin::all_operators().size());
  for (const auto& [name, h] : hits) {
    INFO(name << ": " << h.yes << " yes, " << h.no << " no");
    CHECK(h.yes > 20);
    CHECK(h.no > 20);
  }
}
