// CelExpr: random expressions of every form over three integers, in the kernel against the reference evaluation, and
// the reference against results that CEL's definition gives.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>

#include "operators/operator.h"
#include "oracle_program.h"
#include "random_sets.h"

using namespace burin_test;

namespace {

/// Writes an expression of a type; `kinds` says which argument is an int and which a uint.
class Author {
 public:
  Author(Rng& rng, std::vector<bool> is_signed) : rng_(rng), is_signed_(std::move(is_signed)) {}

  std::string boolean(int depth) {
    if (depth == 0) return rng_() % 2 ? "true" : "arg0 == " + literal(is_signed_[0]);
    const int below = depth - 1;
    switch (rng_() % 8) {
      case 0: return "!" + wrap(boolean(below));
      case 1: return wrap(boolean(below)) + " && " + wrap(boolean(below));
      case 2: return wrap(boolean(below)) + " || " + wrap(boolean(below));
      case 3: return wrap(boolean(below)) + " ? " + wrap(boolean(below)) + " : " + wrap(boolean(below));
      case 4: {
        std::string out = wrap(any_number(below)) + " in [" + any_number(below);
        for (unsigned i = rng_() % 4; i > 0; --i) out += ", " + any_number(0);
        return out + "]";
      }
      default: {
        static constexpr const char* kSigns[] = {"<", "<=", ">", ">=", "==", "!="};
        return wrap(any_number(below)) + " " + kSigns[rng_() % 6] + " " + wrap(any_number(below));
      }
    }
  }

 private:
  static std::string wrap(const std::string& text) { return "(" + text + ")"; }
  std::string any_number(int depth) { return number(depth, rng_() % 2); }

  std::string literal(bool is_int) {
    static constexpr std::uint64_t kNumbers[] = {
        0, 1, 2, 3, 7, 10, 255, 256, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX};
    std::uint64_t n = kNumbers[rng_() % std::size(kNumbers)];
    if (rng_() % 4 == 0) n = rng_() >> (1 + rng_() % 63);
    if (!is_int) return (rng_() % 16 ? std::to_string(n) : std::string("0xffffffffffffffff")) + "u";
    if (rng_() % 16 == 0) return "-9223372036854775808";
    return (rng_() % 3 ? "" : "-") + std::to_string(n);
  }

  std::string number(int depth, bool is_int) {
    if (depth == 0) {
      const std::size_t a = rng_() % is_signed_.size();
      if (rng_() % 3 && is_signed_[a] == is_int) return "arg" + std::to_string(a);
      return literal(is_int);
    }
    const int below = depth - 1;
    switch (rng_() % 10) {
      case 0: return (is_int ? "int(" : "uint(") + number(below, !is_int) + ")";
      case 1: return is_int ? "-" + wrap(number(below, true)) : number(below, false);
      case 2: return wrap(boolean(below)) + " ? " + wrap(number(below, is_int)) + " : " + wrap(number(below, is_int));
      default: {
        static constexpr const char* kSigns[] = {"+", "-", "*", "/", "%"};
        return wrap(number(below, is_int)) + " " + kSigns[rng_() % 5] + " " + wrap(number(below, is_int));
      }
    }
  }

  Rng& rng_;
  std::vector<bool> is_signed_;
};

struct Expression {
  std::string text;
  std::vector<const burin::ArgType*> types;
  burin::Operand operand;
};

const std::vector<std::size_t> kPositions = {0, 1, 2};

Expression expression_of(std::string text, std::vector<const burin::ArgType*> types) {
  burin::Diagnostics diagnostics;
  const burin::SourceSpan span{"policy", 1, 1, 1};
  const burin::Operator& op = *burin::find_operator("CelExpr");
  auto operand = op.parse_all({{text, span}}, types, kPositions, diagnostics);
  INFO(text << ": " << (diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
  REQUIRE_FALSE(diagnostics.has_errors());
  return {std::move(text), std::move(types), std::move(operand)};
}

}  // namespace

TEST_CASE("CelExpr in the kernel agrees with its reference evaluation on 100,000 inputs") {
  if (!can_load()) return;
  Rng rng(77);
  const burin::Operator& op = *burin::find_operator("CelExpr");
  std::size_t runs = 0, mismatches = 0, yes = 0;
  for (int group = 0; group < 12; ++group) {
    static constexpr const char* kTypes[] = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"};
    OracleSource source;
    std::vector<Expression> expressions;
    while (expressions.size() < 12) {
      std::vector<const burin::ArgType*> types;
      std::vector<bool> is_signed;
      for (int a = 0; a < 3; ++a) {
        types.push_back(burin::find_type(kTypes[rng() % std::size(kTypes)]));
        is_signed.push_back(types.back()->type_class == burin::TypeClass::SignedInt);
      }
      const std::string text = Author(rng, is_signed).boolean(1 + static_cast<int>(rng() % 4));
      if (std::count(text.begin(), text.end(), '(') > 40) continue;
      expressions.push_back(expression_of(text, types));
      const Expression& e = expressions.back();
      burin::PredicateSite site;
      std::vector<std::string> c_types;
      for (std::size_t a = 0; a < 3; ++a) {
        site.args.push_back({"r->a" + std::to_string(a), "", types[a], "arg" + std::to_string(a)});
        c_types.push_back(std::string(types[a]->shape.c_type) + " __attribute__((aligned(8)))");
      }
      source.cases.push_back({c_types, op.predicate(site, *types[0], e.operand)});
    }
    OracleProgram program(source);
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      const Expression& e = expressions[i];
      for (int n = 0; n < 700; ++n) {
        std::array<std::byte, 24> record{};
        std::vector<burin::Value> values(3);
        for (std::size_t a = 0; a < 3; ++a) {
          static constexpr std::int64_t kEdges[] = {
              0,     1,     2,         -1,        -2,         127,       -128,      255,
              32767, 65535, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, INT64_MIN + 1};
          std::uint64_t v =
              rng() % 2 ? static_cast<std::uint64_t>(kEdges[rng() % std::size(kEdges)]) : rng() >> rng() % 64;
          std::memcpy(&record[8 * a], &v, e.types[a]->shape.size);
          const auto field = std::span(record).subspan(8 * a, e.types[a]->shape.size);
          if (!e.types[a]->decode(field, record, values[a])) FAIL("decode");
        }
        const bool want = op.evaluate_all(values, kPositions, e.operand);
        const int got = program.run(i, record);
        ++runs;
        yes += want;
        if (got == static_cast<int>(want)) continue;
        if (++mismatches <= 5) UNSCOPED_INFO(e.text << ": reference " << want << ", kernel " << got);
      }
    }
  }
  std::cout << "CelExpr: 144 expressions, " << runs << " runs, " << yes << " true, " << mismatches << " mismatches\n";
  CHECK(mismatches == 0);
  CHECK(runs >= 100'000);
  CHECK(yes > runs / 10);
  CHECK(runs - yes > runs / 10);
}
