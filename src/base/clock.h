// Time as an argument: kernel records carry CLOCK_MONOTONIC nanoseconds, people read wall time.
#pragma once
#include <cstdint>

namespace burin {

/// Nanoseconds of CLOCK_MONOTONIC (what bpf_ktime_get_ns counts: stands still in suspend).
std::uint64_t monotonic_ns();
/// Nanoseconds of CLOCK_BOOTTIME (runs on in suspend; /proc/PID/stat's start time counts from it).
std::uint64_t boottime_ns();
/// Nanoseconds since 1970 UTC.
std::uint64_t realtime_ns();

/// Converts monotonic to wall time. One sample of the offset is wrong after an NTP step or a suspend, so whoever owns
/// one calls refresh() every few seconds. Not thread-safe.
class WallClock {
 public:
  WallClock() { refresh(); }
  /// Samples realtime between two monotonic reads and keeps the tightest of three tries.
  void refresh();
  std::uint64_t wall_ns(std::uint64_t monotonic) const { return monotonic + static_cast<std::uint64_t>(offset_); }

 private:
  std::int64_t offset_ = 0;
};

}  // namespace burin
