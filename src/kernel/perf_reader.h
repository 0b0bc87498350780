// Reads the perf buffers: copies records out of every CPU's ring once, counts what the kernel lost, nothing else.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/result.h"

namespace burin {

/// What one drain of all rings brought: records back to back in `bytes`, in ring order per CPU.
struct RawBatch {
  struct Item {
    std::uint32_t cpu = 0;
    std::uint32_t offset = 0;  ///< into bytes; 8-byte aligned
    std::uint32_t size = 0;
  };
  struct Loss {
    std::uint32_t cpu = 0;
    std::uint64_t count = 0;   ///< PERF_RECORD_LOST
  };
  std::vector<std::byte> bytes;
  std::vector<Item> items;
  std::vector<Loss> losses;
  /// Every record stamped before this monotonic time is in this batch or an earlier one, unless its program was still
  /// running: the drain's start minus kOrderSlackNs.
  std::uint64_t complete_until = 0;
};

/// A record is stamped at the start of its program and becomes visible at its end, a few microseconds later; preemption in
/// a VM can make that longer. 2 ms keeps order without being felt.
inline constexpr std::uint64_t kOrderSlackNs = 2'000'000;

struct PerfReaderOptions {
  std::uint32_t pages_per_cpu = 0;       ///< power of two; 0 = 256 below 16 CPUs, else 64
  std::uint32_t poll_ms = 10;            ///< longest time an event waits in the ring
  bool wake_each_event = false;          ///< wake-up per event instead of at a quarter of the ring
};

class PerfReader {
 public:
  /// Called on the reader thread with each non-empty batch.
  using Deliver = std::function<void(RawBatch&&)>;

  /// Opens one ring per online CPU, puts them into the perf event array `map_fd`, and starts the thread.
  static Result<std::unique_ptr<PerfReader>> start(int map_fd, const PerfReaderOptions& options, Deliver deliver);
  /// Stops the thread after one last drain that is delivered too.
  ~PerfReader();
  void stop();

  std::uint64_t records() const;  ///< copied out so far
  std::uint64_t lost() const;     ///< told by PERF_RECORD_LOST so far

 private:
  PerfReader();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
