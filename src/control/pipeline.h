// Raw batches -> events in order -> the stream. One thread owns decoder, process table and encoder; nothing here is
// locked against anything else but the queue.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "event/process_table.h"
#include "kernel/perf_reader.h"
#include "model/event.h"
#include "sink/stream_hub.h"

namespace burin {

class Outreach;
class Recorder;

struct PipelineCounters {
  std::uint64_t records = 0;     ///< decoded
  std::uint64_t events = 0;      ///< published
  std::uint64_t lost_ring = 0;   ///< by the kernel's rings, all causes
  std::uint64_t lost_queue = 0;  ///< records of batches that did not fit into the queue
  std::uint64_t skipped = 0;     ///< runs of programs that the kernel left out (LossReason::SkippedRun)
  std::uint64_t malformed = 0;
  std::uint64_t late = 0;          ///< came after a younger record was released: out of order in the stream
  std::uint64_t processes = 0;     ///< entries of the process table
  std::uint64_t data_dropped = 0;  ///< values of arguments with maxData that went before their event came
};

class Pipeline {
 public:
  /// Sees each event before it is published; true = keep it out of the stream. Called on the pipeline thread.
  using Observer = std::function<bool(const Event&)>;
  /// What the kernel programs missed so far, all units together: two running totals.
  struct KernelLosses {
    std::uint64_t unwritten = 0;  ///< records that a program, or the kernel for a mapping, could not write
    std::uint64_t skipped = 0;    ///< runs of programs that the kernel left out: another one was running on the CPU
  };
  /// Asked once a second by the pipeline's thread.
  using AskKernelLosses = std::function<KernelLosses()>;

  /// `outreach` is borrowed; null: GetUrl and DnsLookup are not performed. `expose_addresses`: stacks with addresses.
  /// `recorder` is borrowed, has begun a recording, and gets all that the events depend on; null: nothing is recorded.
  Pipeline(std::string node_name, StreamHub& hub, Outreach* outreach = nullptr, bool expose_addresses = false,
           Recorder* recorder = nullptr);
  ~Pipeline();

  /// Hands over a batch; called by the perf reader's thread. A full queue costs the batch, which is counted and shown.
  void deliver(RawBatch&& batch);
  /// Starts the thread; the seeds become the first events of the stream.
  void start(std::vector<SeedProcess> seeds);
  /// Works off what was delivered, then ends the thread.
  void stop();

  /// Makes records of a hook decodable; takes effect before any batch delivered later. Thread-safe.
  void add_hook(HookInfoPtr hook);
  void set_observer(Observer observer);
  void set_kernel_losses(AskKernelLosses ask);
  PipelineCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
