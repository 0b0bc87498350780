// Bytes to one client's socket: never blocks for good, notices that the client went away, and gives up when the server
// stops. Poco's own output stream copies into a buffer per connection and cannot be interrupted, hence this.
#pragma once
#include <sys/uio.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

namespace burin {

/// Set once by HttpServer::stop, read by all workers.
class StopSignal {
 public:
  using Clock = std::chrono::steady_clock;
  /// Asks all to end, and to give up at now + grace.
  void request(std::chrono::milliseconds grace) {
    deadline_.store((Clock::now() + grace).time_since_epoch().count());
    requested_.store(true);
  }
  bool requested() const { return requested_.load(); }
  bool overdue() const { return requested() && Clock::now().time_since_epoch().count() >= deadline_.load(); }

 private:
  std::atomic<bool> requested_{false};
  std::atomic<Clock::rep> deadline_{0};
};

/// One answer on one socket, which it does not own. Not thread-safe.
class StreamWriter {
 public:
  /// How long a client may take nothing before it is dropped. Long, because a suspended terminal is a normal thing, and
  /// the cost of a stalled client is one thread and its socket buffer.
  static constexpr std::chrono::minutes kStallLimit{15};
  /// Most pieces per write_chunk: two of a chunk's own and these stay far below IOV_MAX.
  static constexpr std::size_t kMaxPieces = 130;

  StreamWriter(int fd, const StopSignal& stop) : fd_(fd), stop_(stop) {}

  /// False when the client is gone, stalled for kStallLimit, or the server's stop is overdue; nothing more can be sent
  /// then.
  bool write(std::string_view text);
  /// One chunk of the chunked coding, or the plain bytes when `chunked` is false. At most kMaxPieces pieces.
  bool write_chunk(std::span<const iovec> pieces, bool chunked);
  /// True when the client has closed its connection (or its sending half, which HTTP clients only do when they leave).
  bool client_gone() const;
  std::uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  bool send_all(iovec* pieces, std::size_t count);
  bool wait_writable(StopSignal::Clock::time_point last_progress) const;

  const int fd_;
  const StopSignal& stop_;
  std::uint64_t bytes_sent_ = 0;
};

}  // namespace burin
