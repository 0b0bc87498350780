// What a terminal shows for a user's mistakes: the whole text, byte for byte.
#include <catch2/catch.hpp>

#include "diag/diagnostic.h"
#include "diag/display.h"

using namespace burin;

namespace {
std::string render_one(const std::string& source, SourceSpan span, const std::string& hint = {}, bool color = false) {
  Diagnostics d;
  d.error("some-id", span, "message", hint);
  return render(d, source, color);
}
}  // namespace

TEST_CASE("a diagnostic has a heading, the line, a caret and a hint") {
  const std::string source = "a\nb\n      - operator: \"NotDaddr\"\n";
  Diagnostics d;
  d.error("unknown-operator", {"policy.yaml", 3, 19, 10}, "unknown operator \"NotDaddr\"",
          "did you mean \"NotDAddr\"?");
  CHECK(render(d, source, false) ==
        "policy.yaml:3:19: error: unknown operator \"NotDaddr\" [unknown-operator]\n"
        "    3 |       - operator: \"NotDaddr\"\n"
        "      |                   ^~~~~~~~~~\n"
        "      = did you mean \"NotDAddr\"?\n");
}

TEST_CASE("a diagnostic without a line has no snippet") {
  CHECK(render_one("x\n", {"f", 0, 0, 1}, "cure") == "f: error: message [some-id]\n      = cure\n");
  CHECK(render_one("x\n", {"f", 1, 0, 1}) == "f:1: error: message [some-id]\n");
}

TEST_CASE("the caret stands under wide characters, combining ones and tabs") {
  // 接 takes two columns, e + U+0301 takes one.
  CHECK(render_one("接e\xcc\x81 xy", {"f", 1, 5, 2}) ==
        "f:1:5: error: message [some-id]\n    1 | 接e\xcc\x81 xy\n      |     ^~\n");
  CHECK(render_one("a\tbc", {"f", 1, 3, 2}) ==
        "f:1:3: error: message [some-id]\n    1 | a       bc\n      |         ^~\n");
  CHECK(render_one("k: 接続 x", {"f", 1, 4, 2}) ==
        "f:1:4: error: message [some-id]\n    1 | k: 接続 x\n      |    ^~~~\n");
}

TEST_CASE("control characters never reach the terminal") {
  Diagnostics d;
  d.error("i\x1b", {"f\n\x1b[2J", 1, 2, 1}, "m\x1b[31m\n", "h\x07");
  const std::string text = render(d, "a\x1b[31m\xff\xe2\x80\xae b\r\n", false);
  CHECK(text == "f??[2J:1:2: error: m?[31m? [i?]\n    1 | a?[31m?? b\n      |  ^\n      = h?\n");
}

TEST_CASE("a byte order mark and CR LF are not part of the line") {
  CHECK(render_one("\xef\xbb\xbfkey: 1\r\nnext\r\n", {"f", 1, 1, 3}) ==
        "f:1:1: error: message [some-id]\n    1 | key: 1\n      | ^~~\n");
}

TEST_CASE("a place past the end of the text gives an empty line and a caret") {
  CHECK(render_one("x\n", {"f", 9, 3, 1}) == "f:9:3: error: message [some-id]\n    9 | \n      | ^\n");
}

TEST_CASE("a long line is cut around the caret") {
  const std::string source = std::string(100000, 'a') + "X" + std::string(100000, 'b');
  const std::string text = render_one(source, {"f", 1, 100001, 1});
  CHECK(text.size() < 600);
  const std::size_t x = text.find('X');
  const std::size_t caret = text.find('^');
  REQUIRE(x != std::string::npos);
  REQUIRE(caret != std::string::npos);
  CHECK(x - text.rfind('\n', x) == caret - text.rfind('\n', caret));
}

TEST_CASE("colours surround the parts and change no text") {
  const std::string plain = render_one("abc\n", {"f", 1, 2, 1}, "h");
  std::string colored = render_one("abc\n", {"f", 1, 2, 1}, "h", true);
  CHECK(colored != plain);
  for (std::size_t at; (at = colored.find('\x1b')) != std::string::npos;)
    colored.erase(at, colored.find('m', at) - at + 1);
  CHECK(colored == plain);
}

TEST_CASE("sort orders by place and keeps equal ones once") {
  Diagnostics d;
  d.warning("w", {"f", 2, 1, 1}, "second");
  d.error("a", {"f", 1, 5, 1}, "first");
  d.error("b", {"f", 1, 5, 1}, "other");
  d.error("a", {"f", 1, 5, 1}, "first");
  d.sort();
  REQUIRE(d.all().size() == 3);
  CHECK(d.all()[0].message == "first");
  CHECK(d.all()[1].message == "other");
  CHECK(d.all()[2].message == "second");
  CHECK(d.has_errors());
  Diagnostics only_warnings;
  only_warnings.warning("w", {}, "m");
  CHECK_FALSE(only_warnings.has_errors());
}

TEST_CASE("nearest finds typing mistakes and nothing else") {
  const std::vector<std::string> ops = {"SAddr", "NotSAddr", "DAddr", "NotDAddr", "DPort", "Equal", "NotEqual"};
  CHECK(nearest("NotDaddr", ops) == "NotDAddr");
  CHECK(nearest("daddr", ops) == "DAddr");
  CHECK(nearest("Euqal", ops) == "Equal");
  CHECK(nearest("NotEqul", ops) == "NotEqual");
  CHECK(nearest("DPrt", ops) == "DPort");
  CHECK(nearest("Completely", ops).empty());
  CHECK(nearest("", ops).empty());
  CHECK(nearest("xy", {"ab"}).empty());
  CHECK(nearest("selector", {"selectors", "message"}) == "selectors");
  CHECK(nearest(std::string(1 << 20, 'a'), ops).empty());
}

TEST_CASE("UTF-8 is decoded strictly") {
  CHECK(decode_utf8("é", 0).code == 0xe9);
  CHECK(decode_utf8("\xf0\x9f\x94\x8c", 0).code == 0x1f50c);
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8",
                          "\xe2\x82", "\xff"}) {
    INFO(quoted(bad));
    CHECK_FALSE(decode_utf8(bad, 0).valid);
    CHECK(decode_utf8(bad, 0).size == 1);
  }
}

TEST_CASE("quoted escapes what would break a message") {
  CHECK(quoted("plain é") == "\"plain é\"");
  CHECK(quoted("a\"b\\c\nd\te") == "\"a\\\"b\\\\c\\nd\\te\"");
  CHECK(quoted(std::string("\0\x1b\x7f\xff", 4)) == "\"\\x00\\x1b\\x7f\\xff\"");
  CHECK(quoted("\xe2\x80\xae") == "\"\\u202e\"");
  CHECK(quoted(std::string(100, 'x'), 10) == "\"xxxxxxxxxx...\"");
  CHECK(quoted("aé", 2) == "\"a...\"");
}
