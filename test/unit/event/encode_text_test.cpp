// The pieces of a line: strings that attack the output, numbers, times, addresses, base64.
#include "event/encode_text.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include "event/encode.h"
#include "support/event_reference.h"
#include "unit/event/dice.h"

using namespace burin;

namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string address(std::uint16_t family, const char* text) {
  AddressBytes bytes{};
  REQUIRE(inet_pton(family, text, bytes.data()) == 1);
  std::string out;
  append_address(out, family, bytes);
  return out;
}

std::string timestamp(std::uint64_t ns) {
  std::string out = "x";
  append_timestamp(out, ns);
  return out.substr(1);
}

}  // namespace

TEST_CASE("strings: escapes are nlohmann's, bytes that are not UTF-8 become U+FFFD") {
  Dice dice;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = dice.hostile();
    REQUIRE(json_string(text) == nlohmann::json(valid_utf8(text)).dump());
  }
  CHECK(json_string("") == "\"\"");
  CHECK(json_string(std::string_view("a\0b", 3)) == "\"a\\u0000b\"");
  CHECK(json_string("\x1b[2J\x1f") == "\"\\u001b[2J\\u001f\"");
  CHECK(json_string("12345678\"") == "\"12345678\\\"\"");
  // One mark for a run, as Go's strings.ToValidUTF8 does.
  CHECK(json_string("a\xff\xfe\xfd"
                    "b\xff") ==
        "\"a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\"");
  CHECK(json_string("\xe2\x82") == "\"\xEF\xBF\xBD\"");
}

TEST_CASE("numbers of every length") {
  const auto text = [](std::uint64_t value) {
    char digits[kMaxNumber];
    return std::string(digits, put_number(digits, value));
  };
  std::uint64_t power = 1;
  for (int digits = 1; digits <= 20; ++digits) {
    for (const std::uint64_t value : {power - 1, power, power + 1, power * 7 / 3})
      CHECK(text(value) == std::to_string(value));
    power *= 10;
  }
  CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("timestamps have 0, 3, 6 or 9 fractional digits") {
  CHECK(timestamp(0) == "\"1970-01-01T00:00:00Z\"");
  CHECK(timestamp(1767323045000000000) == "\"2026-01-02T03:04:05Z\"");
  CHECK(timestamp(1767323045700000000) == "\"2026-01-02T03:04:05.700Z\"");
  CHECK(timestamp(1767323045678900000) == "\"2026-01-02T03:04:05.678900Z\"");
  CHECK(timestamp(1767323045678901234) == "\"2026-01-02T03:04:05.678901234Z\"");
  CHECK(timestamp(1767323045000000001) == "\"2026-01-02T03:04:05.000000001Z\"");
  CHECK(timestamp(1709164800000000000) == "\"2024-02-29T00:00:00Z\"");
  CHECK(timestamp(~std::uint64_t{0}) == "\"2554-07-21T23:34:33.709551615Z\"");
  Dice dice;
  for (int i = 0; i < 5000; ++i) {
    const auto second = static_cast<std::time_t>(dice.roll(18'446'744'073));
    std::tm tm{};
    gmtime_r(&second, &tm);
    char text[40];
    std::strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%SZ\"", &tm);
    REQUIRE(timestamp(static_cast<std::uint64_t>(second) * 1'000'000'000) == text);
  }
}

TEST_CASE("addresses are RFC 5952") {
  CHECK(address(AF_INET, "0.0.0.0") == "0.0.0.0");
  CHECK(address(AF_INET, "255.1.20.30") == "255.1.20.30");
  for (const char* text : {"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1",
                           "::ffff:203.0.113.7", "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "2001:db8::1:0:0:1",
                           "64:ff9b::102:304", "::ffff:0:0:1", "1:0:0:2::3", "0:1::"})
    CHECK(address(AF_INET6, text) == text);
  CHECK(address(AF_INET6, "2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
  CHECK(address(AF_INET6, "::1.2.3.4") == "::102:304");  // Go's text; inet_ntop writes ::1.2.3.4
  std::string out;
  append_address(out, AF_UNIX, AddressBytes{});
  CHECK(out == "invalid IP");
}

TEST_CASE("base64 has padding") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : vectors) CHECK(base64(text) == encoded);
  CHECK(base64("\xff\xfe\xfb") == "//77");
  CHECK(base64("node-a:12345678901234:4211") == "bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=");
}
