// Values: variables, several in one, the place of each, and what an empty one does.
#include <catch2/catch.hpp>

#include "reading.h"

using namespace burin;
using namespace burin_test;

namespace {

std::vector<std::string> values_of(const Read& r) {
  std::vector<std::string> out;
  for (const auto& v : r.policy.hooks.at(0).selectors.at(0).match_args.at(0).values) out.push_back(v.value);
  return out;
}

SourceSpan span_of(const Read& r, std::size_t i) {
  return r.policy.hooks.at(0).selectors.at(0).match_args.at(0).values.at(i).span;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("several addresses in one value are several values") {
  const Read r = read(filter_with("DAddr", "        - \"10.0.0.0/8 , 192.168.0.0/16,172.16.0.0/12 ::1,\"\n"));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(values_of(r) == Strings{"10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "::1"});
  CHECK(span_of(r, 1) == SourceSpan{"p.yaml", kFirstValueLine, 25, 14});
}

TEST_CASE("a folded plain scalar is a list too") {
  const Read r = read(
      filter_with("DAddr", "        - 10.0.0.0/8\n          10.1.0.0/16\n        - |\n          ::1\n          ::2\n"));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(values_of(r) == Strings{"10.0.0.0/8", "10.1.0.0/16", "::1", "::2"});
}

TEST_CASE("a variable may hold several addresses; each has the variable's place") {
  const Read r =
      read(filter_with("NotDAddr", "        - 127.0.0.1\n        - ${PODCIDR}\n        - \"::1, ${SERVICECIDR}\"\n"),
           {{"PODCIDR", "10.32.0.0/24 10.32.1.0/24\n"}, {"SERVICECIDR", "10.96.0.0/12"}});
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(values_of(r) == Strings{"127.0.0.1", "10.32.0.0/24", "10.32.1.0/24", "::1", "10.96.0.0/12"});
  CHECK(span_of(r, 1) == SourceSpan{"p.yaml", kFirstValueLine + 1, 11, 10});
  CHECK(span_of(r, 2) == span_of(r, 1));
  CHECK(span_of(r, 4) == SourceSpan{"p.yaml", kFirstValueLine + 2, 17, 14});
}

TEST_CASE("part of a word from a variable: the place covers both") {
  const Read r = read(filter_with("DAddr", "        - x10.0.0.0/${BITS} ::1\n"), {{"BITS", "8"}});
  CHECK_FALSE(r.ok());
  CHECK(r.diagnostics.all()[0].span == SourceSpan{"p.yaml", kFirstValueLine, 11, 17});
}

TEST_CASE("defaults and dollars") {
  CHECK(values_of(read(filter_with("DAddr", "        - ${A:-10.0.0.0/8, 10.1.0.0/16}\n"))) ==
        Strings{"10.0.0.0/8", "10.1.0.0/16"});
  CHECK(values_of(read(filter_with("DAddr", "        - ${A:-10.0.0.0/8}\n"), {{"A", ""}})) == Strings{"10.0.0.0/8"});
  CHECK(values_of(read(filter_with("DAddr", "        - ${A:-10.0.0.0/8}\n"), {{"A", "::1"}})) == Strings{"::1"});
  const Read text = read(policy_with(
      "    selectors:\n    - matchBinaries:\n      - operator: Postfix\n        values: [\"$${A} $5 a,b $\"]\n"));
  INFO(text.text);
  REQUIRE(text.ok());
  CHECK(text.policy.hooks[0].selectors[0].match_binaries[0].values[0].value == "${A} $5 a,b $");  // text is not split
}

TEST_CASE("a variable is expanded once, and only in values, message and tags") {
  CHECK(read(filter_with("DAddr", "        - ${A}\n"), {{"A", "${B}"}, {"B", "::1"}}).ok() == false);
  std::string yaml = policy_with("");
  CHECK(read(yaml.replace(yaml.find("tcp_connect"), 11, "'${A}'"), {{"A", "tcp_connect"}}).count("bad-symbol") == 1);
  CHECK(read(policy_with("    args:\n    - index: 0\n      type: '${A}'\n"), {{"A", "sock"}}).count("unknown-type") ==
        1);
  CHECK(read(policy_with("    args:\n    - index: 0\n      type: sock\n      label: '${A}'\n"))
            .policy.hooks[0]
            .args[0]
            .label == "${A}");
}

TEST_CASE("a variable cannot add YAML") {
  const Read r = read(policy_with("    message: ${M}\n"), {{"M", "x\n  - call: other\n    syscall: false"}});
  REQUIRE(r.ok());
  CHECK(r.policy.hooks.size() == 1);
  CHECK(r.policy.hooks[0].message == "x\n  - call: other\n    syscall: false");
}

TEST_CASE("mistakes with variables are told with their place") {
  const auto first = [](const std::string& value, const Variables& variables = {}) {
    const Read r = read(filter_with("DAddr", "        - \"" + value + "\"\n"), variables);
    REQUIRE_FALSE(r.ok());
    return r.diagnostics.all()[0];
  };
  const Diagnostic unset = first("::1 ${PODCIDR} ::2");
  CHECK(unset.id == "unset-variable");
  CHECK(unset.span == SourceSpan{"p.yaml", kFirstValueLine, 16, 10});
  CHECK(unset.hint.find("--set PODCIDR=") != std::string::npos);
  for (const char* bad : {"${}", "${1A}", "${A", "${A-x}", "${A:+x}", "${A:-${B}}", "${A B}", "${A:=x}"}) {
    INFO(bad);
    CHECK(first(bad).id == "bad-variable");
    CHECK(first(bad).span.column == 12);
  }
  CHECK(first("${A}", {{"A", "10.0.0.1\x1b"}}).id == "control-character");
  CHECK(first("${A}", {{"A", std::string("::1\0::2", 7)}}).id == "control-character");
  CHECK(first("${A}", {{"A", "\xff"}}).id == "control-character");
}

TEST_CASE("empty values are errors with line and column") {
  const auto place = [](const std::string& line, const Variables& variables = {}) {
    const Read r = read(filter_with("DAddr", "        - ::1\n" + line), variables);
    INFO(line << r.text);
    REQUIRE(r.count("empty-value") == 1);
    const SourceSpan span = r.first("empty-value").span;
    CHECK(span.line == kFirstValueLine + 1);
    return span.column;
  };
  CHECK(place("        - \"\"\n") == 11);
  CHECK(place("        - \" , \"\n") == 11);
  CHECK(place("        - ~\n") == 11);
  CHECK(place("        - ${A}\n", {{"A", ""}}) == 11);
  CHECK(place("        - ${A:-}\n") == 11);
  CHECK(place("        -\n        - ::2\n") == 9);
  CHECK(place("        -\n") == 9);
  CHECK(place("        - # comment\n# another -\n\n        - ::2\n") == 9);
  CHECK(read(filter_with("DAddr", "        []\n")).count("empty-values") == 1);
}

TEST_CASE("an operator's complaint has the place of its piece") {
  const Read r = read(filter_with("NotDAddr", "        - \"::1, 10.0.0.0/33 10.0.0.0/8\"\n"));
  REQUIRE_FALSE(r.ok());
  CHECK(r.diagnostics.all()[0].span == SourceSpan{"p.yaml", kFirstValueLine, 17, 11});
}

TEST_CASE("plain numbers are values") {
  const Read r = read(filter_with("DPort", "        - 22\n        - \"80,443\"\n        - 8000:8080\n"));
  INFO(r.text);
  REQUIRE(r.ok());
  CHECK(values_of(r) == Strings{"22", "80", "443", "8000:8080"});
}

TEST_CASE("what variables add is bounded") {
  std::string values;
  for (int i = 0; i < 100; ++i) values += "        - ${A}\n";
  const Read r = read(filter_with("DAddr", values), {{"A", std::string(100000, ' ') + "::1"}});
  CHECK(r.count("expansion-too-large") >= 1);
}
