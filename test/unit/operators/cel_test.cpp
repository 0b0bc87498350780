// CelExpr: what CEL says of integers, and what is refused with the column.
#include "operators/cel.h"

#include <catch2/catch.hpp>

#include "operators/operator.h"

using namespace burin;

namespace {

const std::vector<std::size_t> kPositions = {0, 1};

std::vector<const ArgType*> types() {
  return {find_type("int64"), find_type("uint64")};
}

/// "true", "false" or "error" with arg0 = `a` (int) and arg1 = `b` (uint); "column: message" when it is refused.
std::string result(std::string_view text, std::int64_t a = 0, std::uint64_t b = 0) {
  CelProblem problem;
  const auto root = parse_cel(text, problem);
  if (!root) return std::to_string(problem.column) + ": " + problem.message;
  if (const auto wrong = check_cel(*root, types(), kPositions))
    return std::to_string(wrong->column) + ": " + wrong->message;
  const std::vector<std::uint64_t> args = {static_cast<std::uint64_t>(a), b};
  const auto value = evaluate_cel(*root, args, kPositions);
  return !value ? "error" : *value ? "true" : "false";
}

}  // namespace

TEST_CASE("arithmetic and comparison mean what CEL says") {
  CHECK(result("1 + 2 * 3 == 7") == "true");
  CHECK(result("(1 + 2) * 3 == 9") == "true");
  CHECK(result("10 - 4 - 3 == 3") == "true");
  CHECK(result("-7 / 2 == -3") == "true");
  CHECK(result("-7 % 3 == -1 && 7 % -3 == 1") == "true");
  CHECK(result("arg0 > -5 && arg0 < 0x10", -4) == "true");
  CHECK(result("arg1 == 18446744073709551615u", 0, ~0ULL) == "true");
  CHECK(result("-9223372036854775808 < 0") == "true");
  CHECK(result("arg0 == arg1", -1, ~0ULL) == "false");  // exact between int and uint
  CHECK(result("arg0 < arg1", -1, 0) == "true");
  CHECK(result("arg0 in [1, 2u, 3 + 4]", 7) == "true");
  CHECK(result("arg0 in []", 7) == "false");
  CHECK(result("true ? arg0 == 1 : false", 1) == "true");
  CHECK(result("!(arg0 == 1)", 1) == "false");
  CHECK(result("int(arg1) + arg0 == 3", 1, 2) == "true");
  CHECK(result("1 < 2 == true") == "true");
}

TEST_CASE("overflow and division by zero are errors, which && and || may absorb") {
  CHECK(result("arg0 + 1 > 0", INT64_MAX) == "error");
  CHECK(result("arg0 - 1 < 0", INT64_MIN) == "error");
  CHECK(result("arg0 * 2 != 0", INT64_MIN) == "error");
  CHECK(result("-arg0 != 0", INT64_MIN) == "error");
  CHECK(result("arg0 / -1 != 0", INT64_MIN) == "error");
  CHECK(result("arg0 % -1 == 0", INT64_MIN) == "error");
  CHECK(result("arg1 - 1u == 0u", 0, 0) == "error");
  CHECK(result("arg1 + 1u == 0u", 0, ~0ULL) == "error");
  CHECK(result("1 / arg0 == 1") == "error");
  CHECK(result("1u % arg1 == 1u") == "error");
  CHECK(result("int(arg1) == 0", 0, ~0ULL) == "error");
  CHECK(result("uint(arg0) == 0u", -1) == "error");
  CHECK(result("1 / arg0 == 1 || true") == "true");
  CHECK(result("true || 1 / arg0 == 1") == "true");
  CHECK(result("1 / arg0 == 1 && false") == "false");
  CHECK(result("1 / arg0 == 1 && true") == "error");
  CHECK(result("arg0 == 0 ? true : 1 / arg0 == 1") == "true");
  CHECK(result("1 / arg0 == 1 ? true : true") == "error");
}

TEST_CASE("what is beyond the subset is refused at its column") {
  CHECK(result("arg0") == "1: the expression is int, not bool");
  CHECK(result("arg0 == ") == "9: the expression ends too early");
  CHECK(result("arg0 == 'a'") == "9: text is beyond the CEL of CelExpr");
  CHECK(result("arg0 = 1") == "6: \"=\" is not expected here");
  CHECK(result("arg0 == 1.5").starts_with("9: numbers with a fraction"));
  CHECK(result("arg0 == 9223372036854775808").starts_with("9: \"9223372036854775808\" is outside"));
  CHECK(result("arg0 == 0xzz").starts_with("9: \"0xzz\" is not an integer"));
  CHECK(result("pid == 1") == "1: unknown name \"pid\"");
  CHECK(result("arg2 == 1") == "1: the hook captures no argument at position 2");
  CHECK(result("arg0 + arg1 == 1").starts_with("6: CEL has no arithmetic between int and uint"));
  CHECK(result("arg0 && true").starts_with("1: &&, || and ! take bools"));
  CHECK(result("arg0 == true") == "9: a bool is compared with an integer");
  CHECK(result("-arg1 == 1").starts_with("1: \"-\" negates an int"));
  CHECK(result("size(arg0) == 1") == "1: unknown name \"size\"");
  CHECK(result("arg0.x == 1") == "5: \".\" is beyond the CEL of CelExpr");
  CHECK(result("arg0 == 1)").starts_with("10: "));
  CHECK(result(std::string(5000, '(')).find("nested deeper") != std::string::npos);
  CHECK(result(std::string(5000, '!') + "true").find("nested deeper") != std::string::npos);
  std::string sum = "arg0";
  for (int i = 0; i < 200; ++i) sum += " + 1";
  CHECK(result(sum + " == 1").find("more than 128 parts") != std::string::npos);
}

TEST_CASE("one expression a filter") {
  Diagnostics diagnostics;
  const SourceSpan span{"p.yaml", 4, 7, 1};
  find_operator("CelExpr")->parse({{"arg0 == 1", span}, {"arg0 == 2", span}}, *find_type("int"), diagnostics);
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all()[0].message == "CelExpr takes one expression");
}
