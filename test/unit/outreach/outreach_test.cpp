// Network actions: off unless allowed, bounded, and never waited for.
#include "outreach/outreach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/unique_fd.h"
#include "outreach/requests.h"

using namespace burin;
using namespace std::chrono_literals;

namespace {

/// A UDP socket on a free port of 127.0.0.1.
struct UdpServer {
  UdpServer() : fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    name = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  UniqueFd fd;
  std::string name;
};

}  // namespace

TEST_CASE("a DNS question is what RFC 1035 says") {
  using namespace std::string_literals;
  CHECK(dns_question("a.example.org.", 0x1234) ==
        "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
        "a\x07"
        "example\x03"
        "org\x00\x00\x01\x00\x01"s);
}

TEST_CASE("a name server is an address with a port") {
  CHECK(check_dns_server("1.1.1.1:53"));
  CHECK(check_dns_server("[2606:4700:4700::1111]:53"));
  for (const char* bad : {"", "1.1.1.1", "1.1.1.1:", "1.1.1.1:0", "example.org:53", ":53"})
    CHECK_FALSE(check_dns_server(bad));
}

TEST_CASE("nothing is sent that was not allowed") {
  const UdpServer server;
  OutreachOptions options;
  options.dns_server = server.name;
  auto outreach = Outreach::start(options);
  REQUIRE(outreach);
  CHECK_FALSE((*outreach)->submit({ActionKind::DnsLookup, "example.org"}));
  (*outreach)->stop();
  char buffer[16];
  CHECK(::recv(server.fd.get(), buffer, sizeof buffer, MSG_DONTWAIT) < 0);
  CHECK((*outreach)->counters().refused == 1);
}

TEST_CASE("a server that does not answer costs a timeout and holds nobody up") {
  const UdpServer mute;
  OutreachOptions options;
  options.allowed = true;
  options.dns_server = mute.name;
  options.timeout = 100ms;
  options.queue = 4;
  auto outreach = Outreach::start(options);
  REQUIRE(outreach);
  const auto begin = std::chrono::steady_clock::now();
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += (*outreach)->submit({ActionKind::DnsLookup, "example.org"});
  CHECK(std::chrono::steady_clock::now() - begin < 90ms);
  CHECK(taken >= 4);
  CHECK(taken < 100);
  while ((*outreach)->counters().failed == 0) std::this_thread::sleep_for(5ms);
  (*outreach)->stop();
  const auto c = (*outreach)->counters();
  CHECK(c.done == 0);
  CHECK(c.failed + c.dropped == 100);
}

TEST_CASE("a lookup ends with the answer to its own question") {
  const UdpServer server;
  std::thread answering([&] {
    char question[512];
    sockaddr_in who{};
    socklen_t size = sizeof who;
    const auto n = ::recvfrom(server.fd.get(), question, sizeof question, 0, reinterpret_cast<sockaddr*>(&who), &size);
    ::sendto(server.fd.get(), question, static_cast<std::size_t>(n), 0, reinterpret_cast<sockaddr*>(&who), size);
  });
  CHECK(dns_lookup("example.org", server.name, 5s));
  answering.join();
}

TEST_CASE("a closed port and a wrong URL are errors") {
  CHECK_FALSE(get_url("http://127.0.0.1:1/", 500ms));
  CHECK_FALSE(get_url("not a url", 500ms));
}
