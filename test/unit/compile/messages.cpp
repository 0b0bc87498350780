// clang's messages, mapped back to the policy.
#include "compile/messages.h"

#include <catch2/catch.hpp>

#include "sample.h"

using namespace burin;
using namespace burin_test;

TEST_CASE("a marked line points at its origin, an unmarked one at the generated text") {
  const MappedMessages m = map_messages(
      "/virtual/main.c:5:10: warning: unused [-Wunused]\n"
      "  u32 x; /*@1*/\n"
      "      ^\n"
      "/virtual/main.c:7:3: error: no member named 'y'\n"
      "  a.y; // /*@1*/ /*@2*/\n"
      "    ^\n"
      "/virtual/main.c:9:3: error: unmarked\n"
      "  b.y;\n"
      "    ^\n"
      "././include/linux/version.h:9:2: error: no version\n"
      "2 errors generated.\n",
      sample_source());
  CHECK(m.text ==
        "policy.yaml:12:9 (selector 1): warning: unused [-Wunused]\n"
        "  u32 x; /*@1*/\n"
        "      ^\n"
        "prelude:3: error: no member named 'y'\n"
        "  a.y; // /*@1*/ /*@2*/\n"
        "    ^\n"
        "generated code line 9:3: error: unmarked\n"
        "  b.y;\n"
        "    ^\n"
        "././include/linux/version.h:9:2: error: no version\n"
        "2 errors generated.\n");
  CHECK(m.headline == "prelude:3: error: no member named 'y'");
  REQUIRE(m.first);
  CHECK(*m.first == SourceSpan{"prelude", 3, 0, 1});
}

TEST_CASE("markers that name nothing, or are none, map nowhere") {
  for (const char* line :
       {"  x; /*@3*/", "  x; /*@99999999999*/", "  x; /*@*/", "  x; /*@1", "  x; /*@1x*/", "  /*@"}) {
    const MappedMessages m =
        map_messages("/virtual/main.c:7:3: error: e\n" + std::string(line) + "\n", sample_source());
    INFO(line);
    CHECK(m.text == "generated code line 7:3: error: e\n" + std::string(line) + "\n");
    CHECK_FALSE(m.first);
    CHECK(m.headline == "generated code line 7:3: error: e");
  }
}

TEST_CASE("a message without snippet does not borrow the next message's") {
  const MappedMessages m = map_messages(
      "/virtual/main.c:7:3: error: a\n/virtual/main.c:8:3: error: b /*@1*/\n  x; /*@1*/\n", sample_source());
  CHECK(m.text == "generated code line 7:3: error: a\npolicy.yaml:12:9 (selector 1): error: b /*@1*/\n  x; /*@1*/\n");
}

TEST_CASE("control characters are shown as question marks, and odd text stays") {
  const MappedMessages m =
      map_messages("a\x1b[31mb\r\n::\n:1:2: error: x\nfile:1: y\nLLVM ERROR: out of memory", sample_source());
  CHECK(m.text == "a?[31mb?\n::\n:1:2: error: x\nfile:1: y\nLLVM ERROR: out of memory\n");
  CHECK(m.headline == "");
  CHECK(map_messages("", sample_source()).text == "");
}
