#include "outreach/requests.h"

#include <Poco/Exception.h>
#include <Poco/Net/DatagramSocket.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <algorithm>
#include <istream>
#include <random>

namespace burin {
namespace {

constexpr std::streamsize kMostRead = 64 << 10;

Poco::Timespan timespan(std::chrono::milliseconds timeout) {
  return Poco::Timespan(timeout.count() * 1000);
}

/// Poco throws; nothing of ours does.
template <class Work>
Result<> without_exceptions(const std::string& what, Work work) {
  try {
    return work();
  } catch (const Poco::TimeoutException&) {
    return fail(ErrorCode::Timeout, what + ": no answer in time");
  } catch (const Poco::Exception& e) {
    return fail(ErrorCode::Io, what + ": " + e.displayText());
  } catch (const std::exception& e) {
    return fail(ErrorCode::Io, what + ": " + e.what());
  }
}

/// "ADDRESS:PORT" with a literal address: a name server is not looked up by itself.
Poco::Net::SocketAddress server_address(const std::string& server) {
  const auto colon = server.rfind(':');
  std::string host = server.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? std::string() : server.substr(colon + 1);
  if (host.empty()) throw Poco::InvalidArgumentException("no address");
  return {Poco::Net::IPAddress(host), static_cast<Poco::UInt16>(std::stoul(port))};
}

}  // namespace

Result<> get_url(const std::string& url, std::chrono::milliseconds timeout) {
  return without_exceptions(url, [&]() -> Result<> {
    const Poco::URI uri(url);
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    session.setTimeout(timespan(timeout), timespan(timeout), timespan(timeout));
    std::string path = uri.getPathAndQuery();
    if (path.empty()) path = "/";
    Poco::Net::HTTPRequest request(Poco::Net::HTTPRequest::HTTP_GET, path, Poco::Net::HTTPMessage::HTTP_1_1);
    request.set("User-Agent", "burin");
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::istream& body = session.receiveResponse(response);
    body.ignore(kMostRead);
    return Ok{};
  });
}

std::string dns_question(const std::string& name, std::uint16_t id) {
  const auto u16 = [](std::uint16_t v) { return std::string{static_cast<char>(v >> 8), static_cast<char>(v & 0xff)}; };
  std::string out = u16(id) + u16(0x0100) + u16(1) + u16(0) + u16(0) + u16(0);  // recursion desired, one question
  std::size_t at = 0;
  while (at < name.size()) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    if (end > at) out += static_cast<char>(end - at) + name.substr(at, end - at);
    at = end + 1;
  }
  return out + '\0' + u16(1) + u16(1);  // A, IN
}

Result<> dns_lookup(const std::string& name, const std::string& server, std::chrono::milliseconds timeout) {
  return without_exceptions(name + " at " + server, [&]() -> Result<> {
    static thread_local std::mt19937 random{std::random_device{}()};
    const auto id = static_cast<std::uint16_t>(random());
    const Poco::Net::SocketAddress address = server_address(server);
    Poco::Net::DatagramSocket socket(address.family());
    socket.connect(address);
    socket.setReceiveTimeout(timespan(timeout));
    const std::string question = dns_question(name, id);
    socket.sendBytes(question.data(), static_cast<int>(question.size()));
    char answer[512];
    const int n = socket.receiveBytes(answer, sizeof answer);
    if (n < 12 || answer[0] != question[0] || answer[1] != question[1])
      return fail(ErrorCode::Io, name + " at " + server + ": the answer is not for our question");
    return Ok{};
  });
}

Result<> check_dns_server(const std::string& server) {
  const auto checked = without_exceptions(server, [&]() -> Result<> {
    if (server_address(server).port() == 0) return fail(ErrorCode::InvalidPolicy, "port 0");
    return Ok{};
  });
  if (!checked) return fail(ErrorCode::InvalidPolicy, "\"" + server + "\" is not of the form ADDRESS:PORT");
  return Ok{};
}

}  // namespace burin
