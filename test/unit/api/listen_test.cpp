// Addresses as users type them: to listen on and to connect to.
#include <catch2/catch.hpp>

#include "api/event_client.h"
#include "api/http_server.h"

using namespace burin;

TEST_CASE("listen addresses that are understood") {
  struct Row {
    std::string text, host;
    std::uint16_t port;
    bool loopback;
  };
  for (const auto& row : std::vector<Row>{{"127.0.0.1:7070", "127.0.0.1", 7070, true},
                                          {"[::1]:7070", "::1", 7070, true},
                                          {":7070", "127.0.0.1", 7070, true},
                                          {"localhost:0", "127.0.0.1", 0, true},
                                          {"127.9.9.9:65535", "127.9.9.9", 65535, true},
                                          {"0.0.0.0:80", "0.0.0.0", 80, false},
                                          {"[::]:80", "::", 80, false},
                                          {"192.0.2.7:7070", "192.0.2.7", 7070, false}}) {
    INFO(row.text);
    const auto got = parse_listen(row.text);
    REQUIRE(got);
    CHECK(got->host == row.host);
    CHECK(got->port == row.port);
    CHECK(got->loopback() == row.loopback);
    CHECK(parse_listen(got->text())->text() == got->text());
  }
}

TEST_CASE("listen addresses that are refused say what to write instead") {
  struct Row {
    std::string text, says;
  };
  for (const auto& row : std::vector<Row>{{"", "127.0.0.1:7070"},
                                          {"7070", "write :7070"},
                                          {"127.0.0.1", "no port"},
                                          {"127.0.0.1:", "no port"},
                                          {"127.0.0.1:x", "not a port number"},
                                          {"127.0.0.1:-1", "not a port number"},
                                          {"127.0.0.1:70 ", "not a port number"},
                                          {"127.0.0.1:65536", "out of range"},
                                          {"127.0.0.1:99999999999999999999", "out of range"},
                                          {"::1:7070", "needs brackets"},
                                          {"[::1:7070", "\"]\" is missing"},
                                          {"[::1]", "no port"},
                                          {"[::1]7070", "no port"},
                                          {"[127.0.0.1]:7070", "not an IPv6 address"},
                                          {"[fe80::1%eth0]:7070", "not an IPv6 address"},
                                          {"example.org:7070", "names other than localhost"},
                                          {"127.0.0.256:7070", "not an IP address"},
                                          {"127.1:7070", "not an IP address"},
                                          {"http://127.0.0.1:7070", "not a URL"}}) {
    INFO(row.text);
    const auto got = parse_listen(row.text);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().message, Catch::Contains(row.says));
    CHECK_THAT(got.error().message, Catch::Contains("\"" + row.text + "\""));
  }
}

TEST_CASE("server addresses") {
  CHECK(parse_server("http://127.0.0.1:8080/")->url() == "http://127.0.0.1:8080");
  CHECK(parse_server("host.example")->url() == "http://host.example:7070");
  CHECK(parse_server("[::1]:99")->url() == "http://[::1]:99");
  CHECK(parse_server("[::1]")->url() == "http://[::1]:7070");
  CHECK(parse_server(":99")->url() == "http://127.0.0.1:99");
  CHECK(parse_server("https://x").error().code == ErrorCode::Unsupported);
  CHECK_THAT(parse_server("unix:///run/x").error().message, Catch::Contains("only http://"));
  for (const std::string bad :
       {"", "http://", "http://a/b", "a b", "user@host", "a:b", "a:0", "a:65536", "::1", "[::1", "a:", "a\r\nX: y"}) {
    INFO(bad);
    CHECK_FALSE(parse_server(bad));
  }
}
