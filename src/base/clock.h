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
  /// Realtime minus each of the other clocks, in ns.
  struct Offsets {
    std::int64_t monotonic = 0, boot = 0;
    friend bool operator==(const Offsets&, const Offsets&) = default;
  };
  WallClock() { refresh(); }
  /// A clock that is not this machine's; it stays as it is until set() is called.
  explicit WallClock(Offsets offsets) : offsets_(offsets) {}
  /// Samples realtime between two reads of each clock and keeps the tightest of three tries.
  void refresh();
  void set(Offsets offsets) { offsets_ = offsets; }
  Offsets offsets() const { return offsets_; }
  std::uint64_t wall_ns(std::uint64_t monotonic) const {
    return monotonic + static_cast<std::uint64_t>(offsets_.monotonic);
  }
  /// The wall time of a moment of CLOCK_BOOTTIME.
  std::uint64_t wall_of_boot_ns(std::uint64_t boot) const { return boot + static_cast<std::uint64_t>(offsets_.boot); }

 private:
  Offsets offsets_;
};

}  // namespace burin
