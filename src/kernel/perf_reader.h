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
    /// As the ring has it: the record and up to 7 bytes after it that mean nothing (the kernel pads, and does not clear
    /// the padding). The record's own size is in its head.
    std::uint32_t size = 0;
  };
  struct Loss {
    std::uint32_t cpu = 0;
    std::uint64_t count = 0;  ///< records that found no room in this CPU's ring since the last time it was told
    bool mappings = false;    ///< in its ring of mappings
  };
  std::vector<std::byte> bytes;
  std::vector<Item> items;
  std::vector<Loss> losses;
  /// Every record stamped before this monotonic time is in this batch or an earlier one, unless its program was still
  /// running: the drain's start minus kOrderSlackNs. UINT64_MAX in the very last batch: nothing comes after it.
  std::uint64_t complete_until = 0;
};

/// A record is stamped at the start of its program and becomes visible at its end, a few microseconds later; preemption
/// in a VM can make that longer. 2 ms keeps order without being felt.
inline constexpr std::uint64_t kOrderSlackNs = 2'000'000;

struct PerfReaderOptions {
  std::uint32_t pages_per_cpu = 0;  ///< power of two; 0 = 256 below 16 CPUs, else 64, or see large_records
  std::uint32_t poll_ms = 10;       ///< longest time an event waits in the ring
  bool wake_each_event = false;     ///< wake-up per event instead of at a quarter of the ring
  bool large_records = false;       ///< events of several hundred KB are expected: four times the default pages
  /// A second ring per CPU, of a quarter of the pages, for executable mappings of files: records kHookLoad and
  /// kHookImage. Silent until enable_mappings().
  bool mappings = false;
};

struct MappingCounters {
  std::uint64_t mapped = 0;  ///< executable mappings, of files or not
  std::uint64_t files = 0;   ///< of files: became records
  std::uint64_t lost = 0;    ///< found no room in the ring; a few of these may have been names of threads, not mappings
};

/// Whether the kernel lets us have perf events of mappings; Error{Unsupported} with the reason if not.
Result<> try_mappings();

class PerfReader {
 public:
  /// Called on the reader thread. A drain of a full ring comes in several batches of about 4 MiB; only the last of them
  /// moves complete_until. After activity, batches follow (empty, if nothing else happens) until complete_until has
  /// passed the moment of the last record, so that whoever holds records back for ordering can let them go; then there
  /// is silence. May block: the rings then fill up, and what does not fit is counted by the kernel.
  using Deliver = std::function<void(RawBatch&&)>;

  /// Opens one ring per online CPU, puts them into the perf event array `map_fd`, and starts the thread. The map must
  /// stay open as long as the reader lives: the kernel takes the rings out of it when the descriptor that put them in
  /// is closed, which is why it is duplicated here. A CPU that comes online later has no ring; programs see an error
  /// there.
  static Result<std::unique_ptr<PerfReader>> start(int map_fd, const PerfReaderOptions& options, Deliver deliver);
  ~PerfReader();
  /// Stops the thread after one last drain that is delivered too, with complete_until = UINT64_MAX. Call
  /// LoadedProgram::detach_all() first to be sure that nothing is left in the rings. Idempotent; not from `deliver`.
  void stop();
  /// Changes how long an event may wait in the ring, at least 1; takes effect at the next drain. Thread-safe.
  void set_poll_ms(std::uint32_t poll_ms);

  std::uint64_t records() const;  ///< copied out so far
  /// Records that found no room, so far: from PERF_RECORD_LOST, which comes with the next record that does find room,
  /// and since Linux 6.0 from the event's own counter, which needs no such record.
  std::uint64_t lost() const;

  /// Makes the rings of mappings speak; PerfReaderOptions::mappings has to be set. Thread-safe.
  Result<> enable_mappings();
  MappingCounters mappings() const;  ///< so far; thread-safe

 private:
  PerfReader();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
