// What is an address, and what exactly is said about everything that is not.
#include <catch2/catch.hpp>

#include "cidr/cidr.h"

using burin::parse_address;
using burin::u128;

TEST_CASE("addresses and CIDRs parse") {
  struct Case {
    const char *text, *meaning;
    bool v4, host_bits;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.0.0.0/8", true, false},
      {"10.1.2.3/8", "10.0.0.0/8", true, true},
      {"127.0.0.1", "127.0.0.1", true, false},
      {"127.0.0.1/32", "127.0.0.1", true, false},
      {"0.0.0.0/0", "0.0.0.0/0", true, false},
      {"1.2.3.4/0", "0.0.0.0/0", true, true},
      {"255.255.255.255", "255.255.255.255", true, false},
      {"::1", "::1", false, false},
      {"::/0", "::/0", false, false},
      {"2001:DB8::/32", "2001:db8::/32", false, false},
      {"2001:db8::1/64", "2001:db8::/64", false, true},
      {"fe80::1/128", "fe80::1", false, false},
      {"::ffff:10.1.2.3", "10.1.2.3", true, false},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8", true, false},
      {"::ffff:a01:203/104", "10.0.0.0/8", true, true},
      {"::ffff:0:0/96", "0.0.0.0/0", true, false},
      {"::ffff:0:0/95", "::fffe:0:0/95", false, true},  // contains the mapped block: stays IPv6
      {"::/80", "::/80", false, false},
      {"::10.0.0.1", "::10.0.0.1", false, false},  // IPv4-compatible is not mapped
  };
  for (const Case& c : cases) {
    const auto parsed = parse_address(c.text);
    INFO(c.text << ": " << parsed.error);
    CHECK(parsed.error.empty());
    CHECK(parsed.is_v4 == c.v4);
    CHECK(parsed.host_bits == c.host_bits);
    CHECK(burin::to_text(parsed.range, parsed.is_v4) == c.meaning);
  }
}

TEST_CASE("what is no address is refused with what is wrong") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the address is empty"},
      {"/8", "the address before \"/\" is missing"},
      {"10.0.0.0/", "the prefix length behind \"/\" is missing"},
      {"10.0.0.0/33", "prefix length 33 is longer than an IPv4 address (32)"},
      {"::1/129", "prefix length 129 is longer than an IPv6 address (128)"},
      {"10.0.0.0/99999999999999999999", "prefix length 99999999999999999999 is longer than an IPv4 address (32)"},
      {"10.0.0.0/-1", "prefix length \"-1\" is not a number from 0 to 32"},
      {"10.0.0.0/+8", "prefix length \"+8\" is not a number from 0 to 32"},
      {"::/x", "prefix length \"x\" is not a number from 0 to 128"},
      {"10.0.0.0/8/8", "prefix length \"8/8\" is not a number from 0 to 32"},
      {"10.0.0.0/08", "prefix length \"08\" has a leading zero"},
      {"10.0.0.0/255.0.0.0", "netmask \"255.0.0.0\" is not supported; write a prefix length such as /24"},
      {"10.0.0/8", "\"10.0.0\" has 3 parts; an IPv4 address needs four (10.0.0.0/8, not 10/8)"},
      {"10/8", "\"10\" has 1 part; an IPv4 address needs four (10.0.0.0/8, not 10/8)"},
      {"1.2.3.4.5", "\"1.2.3.4.5\" has 5 parts; an IPv4 address needs four (10.0.0.0/8, not 10/8)"},
      {"1..2.3", "\"1..2.3\" has an empty part; an IPv4 address is four numbers from 0 to 255"},
      {"010.0.0.1", "leading zero in \"010\" of \"010.0.0.1\": some programs read it as octal, so write it without"},
      {"10.0.0.256", "\"256\" in \"10.0.0.256\" is larger than 255"},
      {" 10.0.0.1", "\" 10.0.0.1\" contains white space"},
      {"10.0.0.1 ", "\"10.0.0.1 \" contains white space"},
      {"10.0.0.1 /8", "\"10.0.0.1 /8\" contains white space"},
      {"10.0.0.1\n", "\"10.0.0.1?\" contains white space"},
      {"fe80::1%eth0", "zone id \"%eth0\" is not supported: an address is matched on every interface"},
      {"[::1]", "\"[::1]\" has brackets; write the bare IPv6 address"},
      {"10.0.0.1:80", "\"10.0.0.1:80\" looks like address:port; ports have their own operators (SPort, DPort)"},
      {":::1", "\":::1\" is not an IPv6 address"},
      {"12345::", "\"12345::\" is not an IPv6 address"},
      {"1:2:3", "\"1:2:3\" is not an IPv6 address"},
      {"localhost", "\"localhost\" is not an IP address or CIDR; host names are not resolved"},
      {"0x7f.0.0.1", "\"0x7f.0.0.1\" is not an IP address or CIDR; host names are not resolved"},
      {"-1.2.3.4", "\"-1.2.3.4\" is not an IP address or CIDR; host names are not resolved"},
  };
  for (const auto& [text, message] : cases) {
    INFO(text);
    CHECK(parse_address(text).error == message);
  }
  CHECK(parse_address(std::string_view("10.0.0.1\0/8", 11)).error ==
        "\"10.0.0.1?\" is not an IP address or CIDR; host names are not resolved");
}
