// Values -> JSON -> values -> JSON: the second JSON is the first.
#include "event/parse_value.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "event/encode_text.h"

using namespace burin;

namespace {

std::string json_of(const Value& value) {
  LineBuffer out;
  out.clear();
  out.lit("[");
  write_argument(out, value, "");
  return std::string(out.text().substr(1));
}

}  // namespace

TEST_CASE("what filters look at comes back as it was") {
  SockValue sock;
  sock.family = AF_INET6;
  sock.type = SOCK_STREAM;
  sock.protocol = 6;
  sock.state = 10;
  sock.saddr = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  sock.dport = 443;
  sock.cookie = 0xffff888100000000;
  const Value values[] = {
      sock,
      SockValue{AF_UNIX, 0, 0, 0, {}, {}, 0, 0, 0, 0, 0},
      SkbValue{AF_INET, 17, {10, 0, 0, 5}, {9, 9, 9, 9}, 53000, 53, 1, 76, 2, 3},
      SkbValue{999, 200, {}, {}, 0, 0, 0, 0, 0, 0},
      SockaddrValue{AF_INET, 80, {203, 0, 113, 7}},
      SockaddrUnValue{AF_UNIX, "@abstract"},
      IntValue{-2147483647 - 1},
      UintValue{4294967295U},
      LongValue{-9223372036854775807LL - 1},
      SizeValue{18446744073709551615ULL},
      StringValue{"a \"b\"\n", false},
      BytesValue{std::string("\0\xff", 2), 2},
      BytesValue{"cut", 9000},
      PathValue{PathValue::Kind::File, "/etc/passwd", false, 0100644},
      PathValue{PathValue::Kind::Path, "/tmp", true, 0041777},
      PathValue{PathValue::Kind::LinuxBinprm, "/bin/su", false, 0104755},
      PathValue{PathValue::Kind::File, "", false, 0},
      SyscallValue{59, 0xc000003e},
      SyscallValue{4, 0x40000003},
      CapsValue{CapsValue::Kind::Effective, 0xa80425fb},
      CapabilityValue{21},
      ErrorValue{"Bad address for basic type"},
  };
  for (const Value& value : values) {
    const std::string first = json_of(value);
    INFO(first);
    const auto node = parse_json(first);
    REQUIRE(node);
    const auto back = parse_argument(*node);
    REQUIRE(back);
    CHECK(back->index() == value.index());
    CHECK(json_of(*back) == first);
  }
}

TEST_CASE("what JSON cannot say exactly is not guessed") {
  for (const char* argument :
       {R"({"string_arg":"caf\ufffd"})", R"({"file_arg":{"path":"/\ufffd"}})", R"({"int_arg":4294967296})",
        R"({"uint_arg":-1})", R"({"sock_arg":{"family":"AF_NOVEL"}})",
        R"({"sock_arg":{"family":"AF_INET","saddr":"x"}})", R"({"sock_arg":{"family":"AF_INET","sport":65536}})",
        R"({"bytes_arg":"###"})", R"({"syscall_id":{"id":1}})", R"({"cap_effective_arg":"12"})",
        R"({"process_credentials_arg":{}})", R"({"label":"x"})", "{}", "3", "null"}) {
    INFO(argument);
    const auto node = parse_json(argument);
    REQUIRE(node);
    CHECK_FALSE(parse_argument(*node));
  }
}
