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
#include "text/text_set.h"
#include "types/arg_type.h"
#include "types/wire_structs.h"

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

/// Few letters, so that texts share beginnings and ends.
std::string random_text(Rng& rng, std::size_t length) {
  static constexpr std::string_view kLetters = "ab/A.1";
  std::string out(length, '\0');
  for (char& c : out) c = kLetters[rng() % kLetters.size()];
  return out;
}

std::vector<std::string> pool(Rng& rng) {
  std::vector<std::string> out = {"AF_INET",
                                  "AF_INET6",
                                  "AF_UNIX",
                                  "IPPROTO_TCP",
                                  "IPPROTO_ICMPV6",
                                  "TCP_SYN_SENT",
                                  "TCP_CLOSE",
                                  "0x10",
                                  "010",
                                  "0b101",
                                  "0xffffffffffffffff",
                                  "18446744073709551615",
                                  "TCP_LISTEN",
                                  "10.0.0.0/8",
                                  "192.168.1.7",
                                  "::1",
                                  "2001:db8::/32",
                                  "::ffff:10.1.2.3",
                                  "0.0.0.0/0",
                                  "::/0",
                                  "list:x",
                                  "reg",
                                  "directory",
                                  "pipe",
                                  "sock",
                                  "openat",
                                  "i386/openat",
                                  "sys_execve",
                                  "i386/5",
                                  "2147483653"};
  for (const std::int64_t n : kNumbers) {
    out.push_back(std::to_string(n));
    out.push_back(std::to_string(n) + ":" + std::to_string(kNumbers[rng() % std::size(kNumbers)]));
  }
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t n = rng() >> (rng() % 64);
    out.push_back(std::to_string(n));
    out.push_back(std::to_string(n) + ":" + std::to_string(n + rng() % 100));
    for (const auto& e : random_list(rng, 1, Spread::Uniform)) out.push_back(e.text);
    out.push_back(random_text(rng, 1 + rng() % (i % 8 ? 12 : 300)));
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

/// Bytes of a field without text: random, with interesting numbers and the pool's addresses strewn in.
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

/// A text near what the operand compares with, or anywhere.
std::string near_text(Rng& rng, const Operand& operand) {
  const auto* set = std::get_if<burin::StringSet>(&operand);
  std::string out = set && rng() % 8 ? set->values[rng() % set->values.size()] : random_text(rng, rng() % 30);
  switch (rng() % 8) {
    case 0: out.resize(rng() % (out.size() + 1)); break;
    case 1: out.erase(0, rng() % (out.size() + 1)); break;
    case 2:
      for (char& c : out)
        if (rng() % 2 && (c | 32) == 'a') c ^= 32;
      break;
    case 3: out += '\0'; break;
    default: break;
  }
  if (rng() % 3 == 0) out.insert(0, random_text(rng, rng() % 12));
  if (rng() % 3 == 0) out += random_text(rng, rng() % 12);
  return out;
}

/// A number at or beside the edge of one of the operand's ranges.
std::uint64_t near_number(Rng& rng, const Operand& operand) {
  const auto* set = std::get_if<burin::NumberSet>(&operand);
  if (!set || set->ranges.empty()) return rng();
  const auto& range = set->ranges[rng() % set->ranges.size()];
  return (rng() % 2 ? range.lo : range.hi) + rng() % 3 - 1;
}

/// One argument of one run: its bytes in the record, and the text in its slot.
struct Input {
  std::vector<std::byte> field;
  OracleText text;
  burin::Value value;
};

Input random_input(Rng& rng, const ArgType& type, const Operand& operand) {
  Input out;
  out.field = random_field(rng, type.shape.size);
  const auto put = [&](std::size_t at, auto v) {
    REQUIRE(at + sizeof v <= out.field.size());
    std::memcpy(&out.field[at], &v, sizeof v);
  };
  std::vector<std::byte> record = out.field;
  if (type.shape.text_max) {
    out.text = {near_text(rng, operand), rng() % 32 != 0};
    burin::wire::Text w;
    w.off = static_cast<std::uint16_t>(out.field.size());
    w.len = static_cast<std::uint16_t>(out.text.bytes.size());
    w.flags = out.text.read ? 1 : 0;
    w.full = w.len;
    put(0, w);
    if (type.type_class == burin::TypeClass::Path)
      put(sizeof w, static_cast<std::uint32_t>(rng() % 8 ? (rng() % 16) << 12 | (rng() & 07777) : rng() & 07777));
    if (type.type_class == burin::TypeClass::SockaddrUn && rng() % 4)
      put(sizeof w, static_cast<std::uint16_t>(near_number(rng, operand)));
    record = out.field;
    for (const char c : out.text.bytes) record.push_back(static_cast<std::byte>(c));
  } else if (type.type_class == burin::TypeClass::Syscall) {
    static constexpr std::uint32_t kArchitectures[] = {0, 0xc000003e, 0x40000003};
    const std::uint64_t near = near_number(rng, operand);
    put(0, rng() % 4 ? near & 0xffffffff : rng());
    put(8, rng() % 4 ? (near >> 40 & 1 ? 0x40000003U : 0xc000003eU) : kArchitectures[rng() % 3]);
    record = out.field;
  } else if (type.shape.size <= 8 && rng() % 2) {
    const std::uint64_t n = near_number(rng, operand);
    std::memcpy(out.field.data(), &n, out.field.size());
    record = out.field;
  }
  if (!type.decode(out.field, record, out.value)) FAIL(type.name << " does not decode");
  return out;
}

struct Pending {
  const Operator* op;
  std::vector<const ArgType*> types;
  Operand operand;
  std::string values;
  std::size_t runs = 0;
};

struct Hits {
  std::size_t yes = 0, no = 0;
};

burin::PredicateSite site_of(const Pending& c, OracleSource& source, unsigned& sets) {
  burin::PredicateSite site;
  for (std::size_t a = 0; a < c.types.size(); ++a)
    site.args.push_back({"r->a" + std::to_string(a), c.types[a]->shape.text_max ? kOracleText : "", c.types[a],
                         "arg" + std::to_string(a)});
  site.arg = site.args[0].field;
  site.text = site.args[0].text;
  const auto add = [&source, &sets](auto emitted, const std::string& name) {
    INFO((emitted ? "" : emitted.error().text()));
    REQUIRE(emitted);
    source.add(std::move(*emitted));
    ++sets;
    return name;
  };
  const auto name = [&sets] { return "set" + std::to_string(sets); };
  site.address_set = [=](const burin::AddressSet& set) { return add(burin::emit(set, name()), name()); };
  site.number_set = [=](const burin::NumberSet& set) { return add(burin::emit_numbers(set, name()), name()); };
  site.text_set = [=](const burin::StringSet& set, burin::TextMatch how) {
    return add(burin::emit_texts(set, how, name()), name());
  };
  return site;
}

/// The fields of one run, laid out as the C struct has them.
std::vector<std::byte> record_of(const std::vector<Input>& inputs, const Pending& c) {
  std::vector<std::byte> out;
  for (std::size_t a = 0; a < inputs.size(); ++a) {
    const std::size_t align = c.types[a]->shape.align;
    out.resize((out.size() + align - 1) / align * align);
    out.insert(out.end(), inputs[a].field.begin(), inputs[a].field.end());
  }
  return out;
}

bool reference(const Pending& c, const std::vector<Input>& inputs) {
  if (c.op->evaluate) return c.op->evaluate(inputs[0].value, *c.types[0], c.operand);
  std::vector<burin::Value> values;
  std::vector<std::size_t> positions;
  for (const Input& input : inputs) {
    positions.push_back(values.size());
    values.push_back(input.value);
  }
  return c.op->evaluate_all(values, positions, c.operand);
}

std::size_t check(Rng& rng, const std::vector<Pending>& cases, std::map<std::string, Hits>& hits, std::size_t& runs) {
  OracleSource source;
  unsigned sets = 0;
  for (const Pending& c : cases) {
    std::vector<std::string> c_types;
    for (const ArgType* type : c.types) c_types.emplace_back(type->shape.c_type);
    // As the generator asks it: an argument with text whose slot was not filled holds for nothing.
    const std::string read =
        c.types[0]->shape.text_max ? "(" + std::string(kOracleText) + "->flags & BURIN_TEXT_READ) && " : "";
    source.cases.push_back({c_types, read + c.op->predicate(site_of(c, source, sets), *c.types[0], c.operand)});
  }
  OracleProgram program(source);
  std::size_t mismatches = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Pending& c = cases[i];
    Hits& hit = hits[std::string(c.op->name)];
    for (std::size_t n = 0; n < c.runs; ++n) {
      std::vector<Input> inputs;
      for (const ArgType* type : c.types) inputs.push_back(random_input(rng, *type, c.operand));
      const bool want = reference(c, inputs);
      const int got = program.run(i, record_of(inputs, c), inputs[0].text);
      ++runs;
      ++(want ? hit.yes : hit.no);
      if (got == static_cast<int>(want)) continue;
      if (++mismatches <= 5)
        UNSCOPED_INFO(c.op->name << " on " << c.types[0]->name << " [" << c.values << "], text \""
                                 << inputs[0].text.bytes << "\": reference " << want << ", kernel " << got);
    }
  }
  return mismatches;
}

/// Types that the operator applies to and that are sent.
std::vector<const ArgType*> types_for(const Operator& op) {
  std::vector<const ArgType*> out;
  for (const ArgType& type : burin::all_types())
    if (type.shape.size > 0 && op.applies_to(type.type_class)) out.push_back(&type);
  return out;
}

/// A filter of the operator on the type with `count` of the values that it takes.
Pending filter_of(Rng& rng, const Operator& op, const ArgType& type, const std::vector<std::string>& usable,
                  std::size_t count) {
  std::vector<burin::Located<std::string>> list;
  std::string text;
  for (std::size_t i = 0; op.takes_values && i < count; ++i) {
    list.push_back(located(usable[rng() % usable.size()]));
    if (i < 4) text += list.back().value + " ";
  }
  burin::Diagnostics diagnostics;
  Pending out{&op, {&type}, op.parse(list, type, diagnostics), text};
  REQUIRE_FALSE(diagnostics.has_errors());
  for (std::size_t a = 1; a < op.arguments; ++a) out.types.push_back(&type);
  return out;
}

}  // namespace

TEST_CASE("each operator's C predicate agrees with its reference evaluation on 100,000 inputs") {
  if (!can_load()) return;
  constexpr std::size_t kRuns = 100'000;
  Rng rng(31);
  const auto values = pool(rng);
  std::map<std::string, Hits> hits;
  std::vector<Pending> batch;
  std::size_t mismatches = 0, runs = 0, combinations = 0;
  // The verifier walks 4096 bytes of text for each substring set, about 54,000 of the million steps that it takes.
  std::size_t searches = 0;
  const auto flush = [&] {
    if (!batch.empty()) mismatches += check(rng, batch, hits, runs);
    batch.clear();
    searches = 0;
  };
  for (const Operator& op : burin::all_operators()) {
    if (op.arguments == 0) continue;  // CelExpr has a test of its own
    const auto types = types_for(op);
    if (types.empty()) std::cout << "operators: no type that is sent for " << op.name << "\n";
    for (const ArgType* type : types) {
      INFO(op.name << " on " << type->name);
      const auto usable = accepted(op, *type, values);
      REQUIRE_FALSE((op.takes_values && usable.empty()));
      ++combinations;
      // A short list that stays inline, and a long one that becomes a table or map where the operator keeps sets.
      for (const std::size_t count : {std::size_t{1} + rng() % 3, std::size_t{80}}) {
        batch.push_back(filter_of(rng, op, *type, usable, count));
        batch.back().runs = kRuns / (2 * types.size()) + 1;
      }
      if (op.name.starts_with("SubString")) searches += 2;
      if (batch.size() >= 24 || searches >= 10) flush();
    }
  }
  flush();
  std::cout << "operators: " << combinations << " operator and type pairs, " << runs << " runs, " << mismatches
            << " mismatches\n";
  CHECK(mismatches == 0);
  for (const Operator& op : burin::all_operators()) {
    if (op.arguments == 0 || types_for(op).empty()) continue;
    const Hits& h = hits[std::string(op.name)];
    INFO(op.name << ": " << h.yes << " yes, " << h.no << " no");
    CHECK(h.yes + h.no >= kRuns);
    CHECK(h.yes > kRuns / 200);
    CHECK(h.no > kRuns / 200);
  }
}
