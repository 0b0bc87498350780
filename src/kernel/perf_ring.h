// The ring of one CPU: opened, mapped, and copied out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/perf_reader.h"

namespace burin {

class PerfRing {
 public:
  /// `pages` is a power of two. Nothing when the CPU is offline.
  static Result<std::optional<PerfRing>> open(std::uint32_t cpu, std::uint32_t pages, bool wake_each_event);

  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&&) = delete;
  ~PerfRing();

  int fd() const { return fd_.get(); }
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

 private:
  PerfRing(UniqueFd fd, std::uint32_t cpu) : fd_(std::move(fd)), cpu_(cpu) {}
  void append_sample(RawBatch& batch, std::size_t at, std::size_t payload);
  std::uint64_t u64_at(std::uint64_t position) const;

  UniqueFd fd_;
  std::uint32_t cpu_ = 0;
  std::byte* base_ = nullptr;  ///< control page, then the data
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t tail_ = 0;
  bool has_lost_counter_ = false;
  bool loss_seen_ = false;
  std::uint64_t told_ = 0;  ///< losses told from the counter so far
};

}  // namespace burin
