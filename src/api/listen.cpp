// "Where to listen" as the user types it. Strict, because a misread address opens the event stream to the wrong
// network.
#include <arpa/inet.h>

#include <charconv>

#include "api/http_server.h"

namespace burin {
namespace {

tl::unexpected<Error> refuse(std::string_view text, const std::string& why) {
  return fail(ErrorCode::InvalidPolicy, "cannot listen on \"" + std::string(text) + "\": " + why);
}

bool is_ip(int family, const std::string& host) {
  in6_addr buffer{};
  return inet_pton(family, host.c_str(), &buffer) == 1;
}

Result<std::uint16_t> parse_port(std::string_view text, std::string_view port) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty()) return refuse(text, "there is no port after the colon; write for example 127.0.0.1:7070");
  if (end != port.data() + port.size() || error == std::errc::invalid_argument)
    return refuse(text, "\"" + std::string(port) + "\" is not a port number (0 to 65535)");
  if (error != std::errc() || value > 65535)
    return refuse(text, "port " + std::string(port) + " is out of range (0 to 65535; 0 takes any free port)");
  return static_cast<std::uint16_t>(value);
}

}  // namespace

bool ListenAddress::loopback() const {
  return host == "::1" || host.rfind("127.", 0) == 0;
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen(std::string_view text) {
  if (text.empty()) return refuse(text, "it is empty; write for example 127.0.0.1:7070");
  if (text.find("://") != std::string_view::npos)
    return refuse(text, "an address is wanted, not a URL; write for example 127.0.0.1:7070");
  if (text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return refuse(text, "the \"]\" is missing; write for example [::1]:7070");
    const std::string host(text.substr(1, close - 1));
    if (!is_ip(AF_INET6, host)) return refuse(text, "\"" + host + "\" is not an IPv6 address");
    if (close + 1 >= text.size() || text[close + 1] != ':')
      return refuse(text, "there is no port; write for example [" + host + "]:7070");
    TRY(const auto port, parse_port(text, text.substr(close + 2)));
    return ListenAddress{host, port};
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
    return refuse(text, digits ? "there is no colon; write :" + std::string(text) + " for that port on loopback"
                               : "there is no port; write for example " + std::string(text) + ":7070");
  }
  if (text.find(':', colon + 1) != std::string_view::npos)
    return refuse(text, "an IPv6 address needs brackets; write for example [::1]:7070");
  std::string host(text.substr(0, colon));
  if (host.empty() || host == "localhost") host = "127.0.0.1";
  if (!is_ip(AF_INET, host))
    return refuse(text, "\"" + host +
                            "\" is not an IP address; names other than localhost are not looked up, because one may "
                            "resolve to an address you did not mean");
  TRY(const auto port, parse_port(text, text.substr(colon + 1)));
  return ListenAddress{host, port};
}

}  // namespace burin
