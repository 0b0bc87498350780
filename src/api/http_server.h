// The HTTP/JSON face: events, policies, health, metrics. Poco is behind http_server.cpp.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/stream_hub.h"

namespace burin {

/// What the server shows of the daemon; called on worker threads, so implementations return immutable snapshots.
struct StatusSource {
  std::function<bool()> ready;                 ///< all policies attached and the self-test passed
  std::function<std::string()> policies_json;  ///< body of GET /v1/policies
  std::function<std::string()> metrics_text;   ///< body of GET /metrics, Prometheus text format
  std::string node_name;
};

struct ListenAddress {
  std::string host;         ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;   ///< 0 = any free one
};
/// "127.0.0.1:7070", "[::1]:7070", ":7070" (loopback).
Result<ListenAddress> parse_listen(std::string_view text);

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(const ListenAddress& address, StreamHub& hub, StatusSource status);
  /// Refuses new requests, ends streams at the hub's end, waits for the workers.
  void stop();
  ~HttpServer();
  std::uint16_t port() const;

 private:
  HttpServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
