// What the HTTP face counts about itself, for /metrics. Label values come from closed sets, so that no client can make
// the number of series grow.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace burin {

/// Thread-safe.
class HttpCounters {
 public:
  std::atomic<std::uint64_t> streams_open{0};
  std::atomic<std::uint64_t> streams_refused{0};
  std::atomic<std::uint64_t> streams_aborted{0};  ///< client gone, stalled for too long, or not done at shutdown
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> slow_client_gaps{0};
  std::atomic<std::uint64_t> slow_client_missed{0};

  /// `path` must be one of the server's routes or "other" (the view is kept).
  void request(std::string_view path, int status);
  /// Prometheus text. `refused_connections` comes from the accept queue.
  std::string text(std::uint64_t refused_connections) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string_view, int>, std::uint64_t> requests_;
};

}  // namespace burin
