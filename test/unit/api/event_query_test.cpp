// Query strings: what is understood, and that nothing else passes silently.
#include "api/event_query.h"

#include <catch2/catch.hpp>
#include <random>

using namespace burin;

namespace {
using Strings = std::vector<std::string>;

EventQuery good(const std::string& query) {
  INFO(query);
  auto got = parse_event_query(query);
  if (!got) FAIL(got.error().message);
  return *got;
}
}  // namespace

TEST_CASE("targets are split, absolute ones too") {
  CHECK(split_target("/a?b=c?d").path == "/a");
  CHECK(split_target("/a?b=c?d").query == "b=c?d");
  CHECK(split_target("http://host:1/a?b").path == "/a");
  CHECK(split_target("http://host?b").query == "b");
  CHECK(split_target("http://host").path == "/");
  CHECK(split_target("/x?u=http://y/z").path == "/x");
  CHECK(split_target("").path.empty());
}

TEST_CASE("switches and numbers") {
  CHECK_FALSE(good("").follow);
  CHECK(good("follow").follow);
  CHECK(good("&follow&").follow);
  CHECK(good("follow=1").follow);
  CHECK(good("follow=true").follow);
  CHECK_FALSE(good("follow=0").follow);
  CHECK_FALSE(good("follow=false").follow);
  CHECK(good("compat=tetragon").compat);
  CHECK_FALSE(good("follow").compat);
  CHECK(good("last=0").last == 0U);
  CHECK(good("since=18446744073709551615").since == ~std::uint64_t{0});
  CHECK(good("stream=abc").stream == "abc");
}

TEST_CASE("lists: commas, repetition, encoding, escapes") {
  CHECK(good("processes=a,b&processes=c").filter.processes == Strings{"a", "b", "c"});
  CHECK(good("pods=a%2Cb").filter.pods == Strings{"a", "b"});
  CHECK(good("processes=x{1\\,2}").filter.processes == Strings{"x{1,2}"});
  CHECK(good("processes=a%5C%2Cb,c").filter.processes == Strings{"a,b", "c"});
  CHECK(good("processes=a%5C%5C,b").filter.processes == Strings{"a\\\\", "b"});
  CHECK(good("processes=%5Ccurl").filter.processes == Strings{"\\curl"});
  CHECK(good("processes=a%5C").filter.processes == Strings{"a\\"});
  CHECK(good("processes=cur%2Bl%20x").filter.processes == Strings{"cur+l x"});
  CHECK(good("namespaces=").filter.namespaces == Strings{""});
  CHECK(good("namespaces=a,").filter.namespaces == Strings{"a", ""});
  CHECK(good("events=exec&policies=p").filter.events == Strings{"exec"});
  CHECK(good("%66ollow").follow);
}

TEST_CASE("what is not understood is refused, by name") {
  struct Row {
    std::string query, code, says;
  };
  for (const auto& row :
       std::vector<Row>{{"folow", "unknown_parameter", "unknown parameter \"folow\"; allowed are follow, last"},
                        {"=", "unknown_parameter", "allowed are"},
                        {"FOLLOW", "unknown_parameter", "FOLLOW"},
                        {"follow=", "bad_value", "\"follow\""},
                        {"follow=yes", "bad_value", "not 1, true, 0 or false"},
                        {"follow&follow=0", "bad_value", "more than once"},
                        {"last", "bad_value", "\"last\""},
                        {"last=-1", "bad_value", "whole number"},
                        {"last=1.5", "bad_value", "whole number"},
                        {"last=%201", "bad_value", "whole number"},
                        {"last=18446744073709551616", "bad_value", "whole number"},
                        {"since=0x10", "bad_value", "\"since\""},
                        {"last=1&since=2", "conflict", "give one"},
                        {"compat", "bad_value", "\"compat\""},
                        {"compat=falco", "bad_value", "allowed is tetragon"},
                        {"stream=", "bad_value", "\"stream\""},
                        {"pods=", "bad_value", "\"pods\""},
                        {"processes=a,,b", "bad_value", "empty"},
                        {"policies", "bad_value", "\"policies\""},
                        {"processes=a+b", "bad_encoding", "%2B"},
                        {"processes=%", "bad_encoding", "hex"},
                        {"processes=%4", "bad_encoding", "hex"},
                        {"processes=%zz", "bad_encoding", "hex"}}) {
    INFO(row.query);
    const auto got = parse_event_query(row.query);
    REQUIRE_FALSE(got);
    CHECK(got.error().status == 400);
    CHECK(got.error().code == row.code);
    CHECK_THAT(got.error().message, Catch::Contains(row.says));
  }
}

TEST_CASE("random queries are answered one way or the other") {
  std::mt19937 random(7);
  const std::string letters = "follow=last&since,%2C\\+pods?#processes\"1230\x01\xff ";
  for (int i = 0; i < 20'000; ++i) {
    std::string query;
    for (auto n = random() % 40; n > 0; --n) query += letters[random() % letters.size()];
    const auto got = parse_event_query(query);
    if (!got) REQUIRE_FALSE(got.error().message.empty());
  }
}
