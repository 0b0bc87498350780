#include "base/clock.h"

#include <time.h>

namespace burin {
namespace {
std::uint64_t read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(t.tv_nsec);
}

std::int64_t realtime_minus(clockid_t other) {
  std::int64_t offset = 0;
  std::uint64_t best_gap = ~0ULL;
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t before = read_clock(other);
    const std::uint64_t wall = read_clock(CLOCK_REALTIME);
    const std::uint64_t after = read_clock(other);
    if (after - before < best_gap) {
      best_gap = after - before;
      offset = static_cast<std::int64_t>(wall - (before + (after - before) / 2));
    }
  }
  return offset;
}
}  // namespace

std::uint64_t monotonic_ns() {
  return read_clock(CLOCK_MONOTONIC);
}
std::uint64_t boottime_ns() {
  return read_clock(CLOCK_BOOTTIME);
}
std::uint64_t realtime_ns() {
  return read_clock(CLOCK_REALTIME);
}

void WallClock::refresh() {
  offsets_ = {realtime_minus(CLOCK_MONOTONIC), realtime_minus(CLOCK_BOOTTIME)};
}

}  // namespace burin
