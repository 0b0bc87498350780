// A server on an ephemeral loopback port, events made by hand, and two clients: whole answers and raw sockets.
#pragma once
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "api/http_server.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "event/encode.h"

namespace burin_test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// What one test event is about; `padding` makes its line longer.
struct EventSpec {
  burin::EventKind kind = burin::EventKind::Exec;
  std::string binary = "/usr/bin/true";
  std::string policy;
  std::size_t padding = 0;
  std::uint64_t lost = 0;  ///< Gap: of its kind
};

inline burin::EventPtr make_event(std::uint64_t seq, const EventSpec& spec) {
  auto event = std::make_shared<burin::Event>();
  event->seq = seq;
  event->mono_ns = burin::monotonic_ns();
  event->kind = spec.kind;
  if (spec.kind == burin::EventKind::Gap) {
    event->lost = spec.lost;
    burin::encode_event(*event, "node-a");
    return event;
  }
  auto process = std::make_shared<burin::ProcessInfo>();
  process->binary = spec.binary;
  process->pid = 1;
  event->process = process;
  std::string kind = "process_exec";
  if (spec.kind == burin::EventKind::Exit) kind = "process_exit";
  if (spec.kind == burin::EventKind::Kprobe) {
    kind = "process_kprobe";
    auto hook = std::make_shared<burin::HookInfo>();
    hook->policy = spec.policy;
    event->hook = hook;
  }
  event->line = "{\"" + kind + "\":{\"process\":{\"pid\":1,\"binary\":\"" + spec.binary + "\"}" +
                (spec.policy.empty() ? "" : ",\"policy_name\":\"" + spec.policy + "\"") +
                "},\"node_name\":\"node-a\",\"time\":\"2026-01-02T03:04:05Z\"";
  if (spec.padding > 0) event->line += ",\"pad\":\"" + std::string(spec.padding, 'p') + "\"";
  event->burin_at = event->line.size();
  event->line += ",\"burin\":{\"seq\":" + std::to_string(seq) + "}}\n";
  return event;
}

/// Declaration order is the shutdown order a daemon has: server before hub.
class Daemon {
 public:
  explicit Daemon(burin::HubLimits hub_limits = {}, burin::HttpLimits http = {}, burin::StatusSource status = {})
      : hub(hub_limits) {
    status.node_name = "node-a";
    auto started = burin::HttpServer::start({"127.0.0.1", 0}, hub, std::move(status), http);
    if (!started) FAIL(started.error().text());
    server = std::move(*started);
    port = server->port();
  }
  void publish(std::size_t count, const EventSpec& spec = {}) {
    std::vector<burin::EventPtr> events;
    for (std::size_t i = 0; i < count; ++i) events.push_back(make_event(++seq, spec));
    hub.publish(std::move(events));
  }

  burin::StreamHub hub;
  std::unique_ptr<burin::HttpServer> server;
  std::uint16_t port = 0;
  std::uint64_t seq = 0;
};

/// A TCP connection that does only what it is told. `receive_buffer` (bytes) makes a slow client fill up soon.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  bool connected() const { return connected_; }
  void send(std::string_view text) { (void)::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
  void get(const std::string& target) { send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"); }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  /// Appends what comes to `received`; false on end of connection or after `patience` without a byte.
  bool receive(std::chrono::milliseconds patience = 5s) {
    pollfd p{fd_.get(), POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(patience.count())) <= 0) return false;
    char bytes[16384];
    const auto size = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (size <= 0) {
      ended = true;
      return false;
    }
    received.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  bool receive_until(std::string_view text, std::chrono::milliseconds patience = 5s) {
    while (received.find(text) == std::string::npos)
      if (!receive(patience)) return false;
    return true;
  }
  void receive_all(std::chrono::milliseconds patience = 5s) {
    while (receive(patience)) {
    }
  }

  std::string received;
  bool ended = false;

 private:
  burin::UniqueFd fd_;
  bool connected_ = false;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< without the chunked coding
  bool complete = false;                       ///< the body ended as HTTP says it must
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> out;
    for (std::size_t at = 0; at < body.size();) {
      const auto end = body.find('\n', at);
      if (end == std::string::npos) FAIL("a line without its end: " + body.substr(at));
      out.push_back(nlohmann::json::parse(body.substr(at, end - at)));
      at = end + 1;
    }
    return out;
  }
  /// burin.seq of each line.
  std::vector<std::uint64_t> seqs() const {
    std::vector<std::uint64_t> out;
    for (const auto& line : lines()) out.push_back(line.at("burin").at("seq").get<std::uint64_t>());
    return out;
  }
  std::string error_code() const { return nlohmann::json::parse(body).at("error").at("code").get<std::string>(); }
  std::string error_message() const { return nlohmann::json::parse(body).at("error").at("message").get<std::string>(); }
};

/// Takes the chunked coding off as far as it goes; true when the last chunk was there.
inline bool dechunk(std::string_view in, std::string& out) {
  for (;;) {
    const auto end = in.find("\r\n");
    if (end == std::string_view::npos) return false;
    const auto size = std::stoul(std::string(in.substr(0, end)), nullptr, 16);
    in.remove_prefix(end + 2);
    if (size == 0) return in == "\r\n";
    out += in.substr(0, size);
    if (in.size() < size + 2) return false;
    in.remove_prefix(size + 2);
  }
}

inline Answer parse_answer(const std::string& text) {
  Answer out;
  const auto end = text.find("\r\n\r\n");
  if (text.rfind("HTTP/1.", 0) != 0 || end == std::string::npos) return out;
  out.status = std::stoi(text.substr(9, 3));
  for (auto at = text.find("\r\n") + 2; at < end + 2;) {
    const auto line_end = text.find("\r\n", at);
    const auto line = text.substr(at, line_end - at);
    const auto colon = line.find(": ");
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.headers[name] = line.substr(colon + 2);
    at = line_end + 2;
  }
  const auto rest = text.substr(end + 4);
  if (out.headers.count("transfer-encoding") != 0) {
    out.complete = dechunk(rest, out.body);
  } else {
    out.body = rest;
    out.complete =
        out.headers.count("content-length") == 0 || std::stoul(out.headers.at("content-length")) == rest.size();
  }
  return out;
}

/// One request whose answer ends by itself.
inline Answer request(std::uint16_t port, const std::string& method, const std::string& target,
                      const std::string& body = {}) {
  RawClient client(port);
  REQUIRE(client.connected());
  client.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\n" +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
  client.receive_all();
  CHECK(client.ended);
  return parse_answer(client.received);
}
inline Answer get(std::uint16_t port, const std::string& target) {
  return request(port, "GET", target);
}

/// The value of one sample in the text of /metrics, or -1.
inline long metric(std::uint16_t port, const std::string& sample) {
  const auto text = get(port, "/metrics").body;
  const auto at = text.find("\n" + sample + " ");
  return at == std::string::npos ? -1 : std::stol(text.substr(at + sample.size() + 2));
}

/// Asks again until it holds or five seconds are over.
template <class F>
bool eventually(F holds) {
  for (const auto end = Clock::now() + 5s; Clock::now() < end; std::this_thread::sleep_for(5ms))
    if (holds()) return true;
  return holds();
}

}  // namespace burin_test
