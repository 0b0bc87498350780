// The kernel's perf ring (perf_event_open(2)): records of 8-byte aligned size between data_tail (ours) and data_head
// (the kernel's), both counting bytes without end. Read here without libbpf because its reader writes the tail after
// each record and wakes up for each one: 50 times the cost.
#include "kernel/perf_ring.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace burin {
namespace {

/// PERF_FORMAT_LOST, since Linux 6.0; build machines may have older headers.
constexpr std::uint64_t kFormatLost = 1u << 4;

UniqueFd open_output(std::uint32_t cpu, std::uint32_t ring_bytes, bool wake_each_event, std::uint64_t read_format) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.sample_period = 1;
  attr.read_format = read_format;
  if (wake_each_event) {
    attr.wakeup_events = 1;
  } else {
    attr.watermark = 1;
    attr.wakeup_watermark = ring_bytes / 4;
  }
  return UniqueFd(
      static_cast<int>(::syscall(SYS_perf_event_open, &attr, -1, static_cast<int>(cpu), -1, PERF_FLAG_FD_CLOEXEC)));
}

/// Rings beyond perf_event_mlock_kb count against RLIMIT_MEMLOCK unless we have CAP_IPC_LOCK. May fail; then mmap says
/// so.
void raise_memlock() {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

void* map_ring(int fd, std::size_t bytes) {
  void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED && (errno == EPERM || errno == ENOMEM)) {
    raise_memlock();
    base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  return base;
}

perf_event_mmap_page* control(std::byte* base) {
  return reinterpret_cast<perf_event_mmap_page*>(base);
}

}  // namespace

Result<std::optional<PerfRing>> PerfRing::open(std::uint32_t cpu, std::uint32_t pages, bool wake_each_event) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto ring_bytes = static_cast<std::uint32_t>(pages * page);
  UniqueFd fd = open_output(cpu, ring_bytes, wake_each_event, kFormatLost);
  const bool has_counter = static_cast<bool>(fd);
  if (!fd && errno == EINVAL) fd = open_output(cpu, ring_bytes, wake_each_event, 0);
  if (!fd && errno == ENODEV) return std::optional<PerfRing>();
  if (!fd)
    return fail_errno(ErrorCode::Unsupported,
                      fmt::format("cannot open the perf buffer of CPU {} (needs CAP_PERFMON)", cpu), errno);

  PerfRing ring(std::move(fd), cpu);
  ring.has_lost_counter_ = has_counter;
  ring.size_ = ring_bytes;
  ring.mapped_ = ring.size_ + page;
  void* base = map_ring(ring.fd(), ring.mapped_);
  if (base == MAP_FAILED)
    return fail_errno(
        ErrorCode::Unsupported,
        fmt::format("cannot map {} pages of perf buffer for CPU {} (locked memory: raise RLIMIT_MEMLOCK or "
                    "kernel.perf_event_mlock_kb, give CAP_IPC_LOCK, or use smaller buffers)",
                    pages, cpu),
        errno);
  ring.base_ = static_cast<std::byte*>(base);
  ring.data_ = ring.base_ + page;
  if (::ioctl(ring.fd(), PERF_EVENT_IOC_ENABLE, 0) != 0)
    return fail_errno(ErrorCode::Unsupported, fmt::format("cannot enable the perf buffer of CPU {}", cpu), errno);
  return std::optional<PerfRing>(std::move(ring));
}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : fd_(std::move(other.fd_)),
      cpu_(other.cpu_),
      base_(std::exchange(other.base_, nullptr)),
      mapped_(other.mapped_),
      data_(other.data_),
      size_(other.size_),
      tail_(other.tail_),
      has_lost_counter_(other.has_lost_counter_),
      loss_seen_(other.loss_seen_),
      told_(other.told_) {}

PerfRing::~PerfRing() {
  if (base_) ::munmap(base_, mapped_);
}

std::uint64_t PerfRing::head() const {
  return __atomic_load_n(&control(base_)->data_head, __ATOMIC_ACQUIRE);
}

void PerfRing::publish_tail() {
  __atomic_store_n(&control(base_)->data_tail, tail_, __ATOMIC_RELEASE);
}

std::uint64_t PerfRing::u64_at(std::uint64_t position) const {
  std::uint64_t value;  // positions are multiples of 8, and so is the ring: never split
  std::memcpy(&value, data_ + (position & (size_ - 1)), sizeof value);
  return value;
}

void PerfRing::append_sample(RawBatch& batch, std::size_t at, std::size_t payload) {
  const std::size_t offset = batch.bytes.size(), straight = std::min(payload, size_ - at);
  batch.bytes.insert(batch.bytes.end(), data_ + at, data_ + at + straight);
  batch.bytes.insert(batch.bytes.end(), data_, data_ + (payload - straight));
  batch.bytes.resize((batch.bytes.size() + 7) / 8 * 8);
  batch.items.push_back({cpu_, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(payload)});
}

bool PerfRing::copy(RawBatch& batch, std::uint64_t head, std::size_t limit) {
  while (tail_ < head) {
    if (batch.bytes.size() >= limit) return false;
    const std::uint64_t word = u64_at(tail_);
    perf_event_header header;
    std::memcpy(&header, &word, sizeof header);
    if (header.size < sizeof header || header.size % 8 != 0 || header.size > head - tail_) {
      // Cannot happen with a sane kernel. Skipping all there is keeps us alive; the loss is counted as one.
      batch.losses.push_back({cpu_, 1});
      tail_ = head;
      break;
    }
    if (header.type == PERF_RECORD_SAMPLE && header.size >= 16) {
      const auto payload = static_cast<std::uint32_t>(u64_at(tail_ + 8));  // u32 size, then that many bytes
      if (payload <= header.size - 12u) append_sample(batch, (tail_ + 12) & (size_ - 1), payload);
    } else if (header.type == PERF_RECORD_LOST && header.size >= 24) {
      if (has_lost_counter_) {
        loss_seen_ = true;  // the counter includes it
      } else {
        batch.losses.push_back({cpu_, u64_at(tail_ + 16)});  // u64 id, u64 lost
      }
    }
    tail_ += header.size;
  }
  return true;
}

void PerfRing::take_losses(RawBatch& batch) {
  loss_seen_ = false;
  if (!has_lost_counter_) return;
  std::uint64_t values[2] = {};  // value, lost
  if (::read(fd(), values, sizeof values) != static_cast<ssize_t>(sizeof values)) return;
  if (values[1] > told_) batch.losses.push_back({cpu_, values[1] - told_});
  told_ = std::max(told_, values[1]);
}

}  // namespace burin
