// The ring of one CPU: opened, mapped, and copied out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/perf_reader.h"

namespace burin {

/// Whose records a ring takes.
enum class RingKind {
  Output,    ///< bpf_perf_event_output's; enabled from the start
  Mappings,  ///< the kernel's own, of executable mappings and execs; silent until enable()
};

struct PerfRingOptions {
  std::uint32_t pages = 64;  ///< power of two
  bool wake_each_event = false;
  RingKind kind = RingKind::Output;
};

class PerfRing {
 public:
  /// Nothing when the CPU is offline. Error{Unsupported} with the reason when the kernel refuses.
  static Result<std::optional<PerfRing>> open(std::uint32_t cpu, const PerfRingOptions& options);

  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&&) = delete;
  ~PerfRing();

  int fd() const { return fd_.get(); }
  RingKind kind() const { return kind_; }
  /// From now on records come. Thread-safe.
  Result<> enable() const;
  std::uint32_t cpu() const { return cpu_; }
  /// Where the kernel has written up to; all before it may be read.
  std::uint64_t head() const;
  std::uint64_t tail() const { return tail_; }

  /// Appends the records before `head` to the batch. False when it stopped because batch.bytes reached `limit`: call
  /// again.
  bool copy(RawBatch& batch, std::uint64_t head, std::size_t limit);
  /// Gives the copied part back to the kernel.
  void publish_tail();

  /// A PERF_RECORD_LOST went by in copy() whose amount take_losses() will tell.
  bool loss_seen() const { return loss_seen_; }
  /// Appends what the event's own counter says beyond what was told already. Nothing before Linux 6.0. Costs an
  /// interrupt of the ring's CPU: not for every drain.
  void take_losses(RawBatch& batch);
  /// Of a ring of mappings: executable mappings that were copied out, and how many of them were of files.
  std::uint64_t mapped() const { return mapped_count_; }
  std::uint64_t files() const { return file_count_; }

 private:
  PerfRing(UniqueFd fd, std::uint32_t cpu, RingKind kind) : fd_(std::move(fd)), cpu_(cpu), kind_(kind) {}
  void append(std::vector<std::byte>& out, std::uint64_t position, std::size_t size) const;
  void append_sample(RawBatch& batch, std::uint64_t position, std::size_t payload);
  void append_mapping(RawBatch& batch, std::size_t size);
  void tell_loss(RawBatch& batch, std::uint64_t count) const;
  std::uint64_t u64_at(std::uint64_t position) const;

  UniqueFd fd_;
  std::uint32_t cpu_ = 0;
  RingKind kind_ = RingKind::Output;
  std::byte* base_ = nullptr;  ///< control page, then the data
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t tail_ = 0;
  bool has_lost_counter_ = false;
  bool loss_seen_ = false;
  std::uint64_t told_ = 0;  ///< losses told from the counter so far
  std::uint64_t mapped_count_ = 0, file_count_ = 0;
  std::vector<std::byte> record_;  ///< scratch: a record that may lie around the ring's end
};

}  // namespace burin
