// The last events in memory, and any number of live readers of them. Slow readers never hold anybody up: they find a
// gap.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "model/event.h"

namespace burin {

/// What is kept. Both bounds hold, except that the newest event is kept even if it alone is larger than max_bytes.
struct HubLimits {
  std::size_t max_events = 65'536;
  std::size_t max_bytes = 4U << 20;  ///< of events: their lines plus the structs around them (see hub_cost)
};

/// HubLimits::max_bytes where events may be large: one with maxData may have half a megabyte as a line.
inline constexpr std::size_t kLargeHubBytes = 32U << 20;

/// Of so many gap lines that left memory last it is known what they said; 16 bytes each.
inline constexpr std::size_t kLeftGaps = 16'384;

/// What one event counts against HubLimits::max_bytes: the memory of its line, struct and arguments. Processes are not
/// counted, because their events share them with the process table.
std::size_t hub_cost(const Event& event);

/// What a reader got: events in order, and how many lines it has missed before the first of them because they were
/// dropped from memory before it came (0 = none; StreamHub::loss_between says what they stood for).
struct HubRead {
  std::vector<EventPtr> events;
  std::uint64_t missed = 0;
  std::uint64_t next = 0;  ///< pass this to the next read
  bool closed = false;     ///< nothing is left, and no more events will come
};

/// What lines that left memory stood for: a gap line for as many events as it says were lost, any other for itself.
struct HubLoss {
  std::uint64_t events = 0;
  /// Among them are gap lines of so long ago that what they said is forgotten; each counts as one.
  bool at_least = false;
};

/// What the hub has done so far, for /metrics.
struct HubStats {
  std::uint64_t published = 0;
  std::uint64_t events = 0;  ///< in memory now
  std::uint64_t bytes = 0;   ///< in memory now, as hub_cost counts
};

/// Thread-safe. Readers keep nothing here but a sequence number of their own, so a reader that goes away leaves
/// nothing.
class StreamHub {
 public:
  explicit StreamHub(HubLimits limits = {}) : limits_(limits) {}

  /// Appends events, whose seq must go up by one from each to the next, and drops the oldest ones that no longer fit.
  /// After close() it does nothing.
  void publish(std::vector<EventPtr> events);
  /// Ends all waits; what is in memory can still be read.
  void close();

  std::uint64_t oldest_seq() const;  ///< 0 when empty
  std::uint64_t newest_seq() const;  ///< 0 when nothing was ever published

  /// Events with seq >= `from`, at most `max` (at least 1), waiting up to `wait` when there is none yet. from = 0 means
  /// "whatever is oldest": nothing counts as missed.
  HubRead read(std::uint64_t from, std::size_t max, std::chrono::milliseconds wait) const;
  /// What the lines with these seqs stood for, `first` to `last`, all of which have left memory (HubRead::missed).
  HubLoss loss_between(std::uint64_t first, std::uint64_t last) const;
  /// At most `max` events with seq < `before`, newest first; empty when there is none in memory.
  std::vector<EventPtr> read_back(std::uint64_t before, std::size_t max) const;

  HubStats stats() const;

 private:
  struct LeftGap {
    std::uint64_t seq;
    std::uint64_t lost;  ///< by all gap lines that left memory, this one included
  };
  void note_left(const Event& event);
  std::deque<EventPtr>::const_iterator first_from(std::uint64_t seq) const;

  const HubLimits limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable published_;
  std::deque<EventPtr> events_;
  std::size_t bytes_ = 0;
  /// Gap lines that left memory, in order of their seqs.
  std::deque<LeftGap> left_gaps_;
  std::uint64_t forgotten_lost_ = 0;  ///< LeftGap::lost of the last one that is not there any more
  std::uint64_t forgotten_seq_ = 0;   ///< its seq
  std::uint64_t newest_ = 0;
  std::uint64_t published_count_ = 0;
  bool closed_ = false;
};

}  // namespace burin
