// What the live tests share: this host, whether it can run them, and a collector for batches.
#pragma once
#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "kernel/perf_reader.h"
#include "live/kernel/program.h"
#include "support/skip.h"

namespace live {

inline int this_thread() {
  return static_cast<int>(::syscall(SYS_gettid));
}
/// Not the library's getppid, which may answer from a cache.
inline void getppid_calls(int count) {
  for (int i = 0; i < count; ++i) ::syscall(SYS_getppid);
}

/// Facts and trials, once.
inline const burin::HostFacts& host() {
  static const burin::HostFacts facts = [] {
    burin::HostFacts found = burin::read_host("/", {"syscalls:sys_enter_getppid", "sched:sched_process_exec"});
    burin::try_kernel(found);
    return found;
  }();
  return facts;
}

/// False, and a loud skip, where BPF cannot be used.
inline bool can_run() {
  if (host().bpf_load.works && host().tracepoints.count("syscalls:sys_enter_getppid")) return true;
  burin_test::skip(host().bpf_load.works ? "no syscalls:sys_enter_getppid tracepoint" : host().bpf_load.reason);
  return false;
}

/// Number of programs in the kernel whose name begins so.
inline int programs_named(const std::string& prefix) {
  int count = 0;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const burin::UniqueFd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 && std::string(info.name).starts_with(prefix))
      ++count;
  }
  return count;
}

/// Keeps every record and loss that a PerfReader delivers.
class Collector {
 public:
  burin::PerfReader::Deliver deliver() {
    return [this](burin::RawBatch&& batch) { take(batch); };
  }
  /// Waits until that many records came or the time is over.
  bool wait_for(std::size_t records, int ms = 5000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return samples_.size() >= records; });
  }
  /// Waits until the reader promised everything before `ktime`.
  bool wait_complete(std::uint64_t ktime, int ms = 5000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return complete_until_ >= ktime; });
  }
  /// Waits until records and losses together make `total`.
  bool wait_accounted(std::uint64_t total, int ms = 5000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(ms),
                             [&] { return samples_.size() + rest_.lost >= total; });
  }
  struct Seen {
    std::vector<Sample> samples;
    std::vector<std::uint64_t> late;  ///< stamps of records that came after complete_until had passed them
    std::vector<std::uint32_t> sizes;
    std::uint64_t lost = 0, batches = 0, empty = 0, last_complete = 0, backwards = 0, misaligned = 0, largest = 0;
  };
  Seen seen() {
    std::lock_guard lock(mutex_);
    Seen all = rest_;
    all.samples = samples_;
    all.last_complete = complete_until_;
    return all;
  }

 private:
  void take(const burin::RawBatch& batch) {
    std::lock_guard lock(mutex_);
    rest_.batches++;
    if (batch.items.empty()) rest_.empty++;
    if (batch.bytes.size() > rest_.largest) rest_.largest = batch.bytes.size();
    for (const auto& item : batch.items) {
      if (item.offset % 8 != 0 || item.offset + item.size > batch.bytes.size() || item.size < sizeof(Sample)) {
        rest_.misaligned++;
        continue;
      }
      Sample sample;
      std::memcpy(&sample, batch.bytes.data() + item.offset, sizeof sample);
      if (sample.ktime < complete_until_) rest_.late.push_back(sample.ktime);
      samples_.push_back(sample);
      rest_.sizes.push_back(item.size);
    }
    for (const auto& loss : batch.losses) rest_.lost += loss.count;
    if (batch.complete_until < complete_until_) rest_.backwards++;
    complete_until_ = batch.complete_until;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Sample> samples_;
  Seen rest_;
  std::uint64_t complete_until_ = 0;
};

}  // namespace live
