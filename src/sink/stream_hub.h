// The last events in memory, and any number of live readers of them. Slow readers never hold anybody up: they find a gap.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "model/event.h"

namespace burin {

struct HubLimits {
  std::size_t max_events = 65'536;
  std::size_t max_bytes = 4U << 20;  ///< of event lines
};

/// What a reader got: events in order, and how many it has missed before the first of them because they were dropped from
/// memory before it came (0 = none).
struct HubRead {
  std::vector<EventPtr> events;
  std::uint64_t missed = 0;
  std::uint64_t next = 0;   ///< pass this to the next read
  bool closed = false;      ///< no more events will come
};

/// Thread-safe.
class StreamHub {
 public:
  explicit StreamHub(HubLimits limits = {}) : limits_(limits) {}

  void publish(std::vector<EventPtr> events);
  /// Ends all waits; what is in memory can still be read.
  void close();

  std::uint64_t oldest_seq() const;  ///< 0 when empty
  std::uint64_t newest_seq() const;  ///< 0 when nothing was ever published

  /// Events with seq >= `from`, at most `max`, waiting up to `wait` when there is none yet.
  HubRead read(std::uint64_t from, std::size_t max, std::chrono::milliseconds wait) const;

 private:
  const HubLimits limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable published_;
  std::deque<EventPtr> events_;
  std::size_t bytes_ = 0;
  std::uint64_t newest_ = 0;
  bool closed_ = false;
};

}  // namespace burin
