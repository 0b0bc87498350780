// The HTTP/JSON face: events, policies, health, metrics. Poco is behind http_server.cpp. docs/api.md is its reference.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sink/stream_hub.h"

namespace burin {

/// What the server shows of the daemon; called on worker threads, so implementations return immutable snapshots. A
/// function that is not set counts as: ready, no policies, no metrics.
struct StatusSource {
  std::function<bool()> ready;                    ///< all policies attached and the self-test passed
  std::function<std::string()> policies_json;     ///< body of GET /v1/policies
  std::function<std::string()> metrics_text;      ///< body of GET /metrics, Prometheus text format
  std::string node_name;                          ///< for gap lines and the pods filter
  std::function<std::string()> not_ready_reason;  ///< asked when ready() is false; one sentence for GET /readyz
};

struct ListenAddress {
  std::string host;          ///< "127.0.0.1", "::1": always an IP literal
  std::uint16_t port = 0;    ///< 0 = any free one
  bool loopback() const;     ///< only this machine can connect
  std::string text() const;  ///< "127.0.0.1:7070", "[::1]:7070"
};
/// "127.0.0.1:7070", "[::1]:7070", "localhost:7070" (127.0.0.1), ":7070" (127.0.0.1). Other names are refused, because
/// a name can resolve to an address that the user did not mean to open. A wrong text is Error{InvalidPolicy} saying
/// what to write instead.
Result<ListenAddress> parse_listen(std::string_view text);

/// Numbers a test may want smaller; the defaults are what the daemon uses.
struct HttpLimits {
  std::size_t max_streams = 64;   ///< open /v1/events answers; one more gets 503
  std::size_t extra_threads = 8;  ///< for everything else, so that health and metrics answer when all streams are taken
};

/// Owns its listening socket and threads. Threads inherit the starter's signal mask: block signals before start().
class HttpServer {
 public:
  /// Io or PermissionDenied when the address cannot be listened on. `hub` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> start(const ListenAddress& address, StreamHub& hub, StatusSource status,
                                                   HttpLimits limits = {});
  /// Refuses new connections, lets streams send what is in the hub for at most half a second, ends them cleanly (last
  /// chunk) and waits for the workers: about a second at the most. Close the hub first, so that the streams know what
  /// "all" is.
  void stop();
  ~HttpServer();
  std::uint16_t port() const;

 private:
  HttpServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
