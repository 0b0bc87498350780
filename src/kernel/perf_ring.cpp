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
#include <ctime>

#include "kernel/mapping_record.h"

namespace burin {
namespace {

/// PERF_FORMAT_LOST, since Linux 6.0; build machines may have older headers.
constexpr std::uint64_t kFormatLost = 1u << 4;

/// What younger kernels can do; asked for in this order, the most first.
struct Extras {
  bool lost_counter = false;  ///< Linux 6.0
  bool build_id = false;      ///< Linux 5.12; mappings only
};
constexpr Extras kExtras[] = {{true, true}, {false, true}, {false, false}};

perf_event_attr output_attributes() {
  perf_event_attr attr{};
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.sample_period = 1;
  return attr;
}

/// An event that counts nothing and takes the kernel's records of executable mappings and of execs, stamped by the
/// clock of our programs. `comm` brings the change of names too, which nobody wants; there is no way to have only those
/// of an exec.
perf_event_attr mapping_attributes(const Extras& extras) {
  perf_event_attr attr{};
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  attr.sample_id_all = 1;
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  attr.mmap = attr.mmap2 = 1;
  attr.comm = attr.comm_exec = 1;
  attr.build_id = extras.build_id ? 1 : 0;
  attr.disabled = 1;
  return attr;
}

UniqueFd open_event(std::uint32_t cpu, const PerfRingOptions& options, std::uint32_t ring_bytes, const Extras& extras) {
  perf_event_attr attr = options.kind == RingKind::Output ? output_attributes() : mapping_attributes(extras);
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.read_format = extras.lost_counter ? kFormatLost : 0;
  if (options.wake_each_event) {
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

Result<std::optional<PerfRing>> PerfRing::open(std::uint32_t cpu, const PerfRingOptions& options) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto ring_bytes = static_cast<std::uint32_t>(options.pages * page);
  UniqueFd fd;
  bool has_counter = false;
  for (const Extras& extras : kExtras) {
    fd = open_event(cpu, options, ring_bytes, extras);
    has_counter = fd && extras.lost_counter;
    if (fd || errno != EINVAL) break;
  }
  if (!fd && errno == ENODEV) return std::optional<PerfRing>();
  if (!fd)
    return fail_errno(ErrorCode::Unsupported,
                      fmt::format("cannot open the perf buffer of CPU {} (needs CAP_PERFMON)", cpu), errno);

  PerfRing ring(std::move(fd), cpu, options.kind);
  ring.has_lost_counter_ = has_counter;
  ring.size_ = ring_bytes;
  ring.mapped_ = ring.size_ + page;
  void* base = map_ring(ring.fd(), ring.mapped_);
  if (base == MAP_FAILED)
    return fail_errno(
        ErrorCode::Unsupported,
        fmt::format("cannot map {} pages of perf buffer for CPU {} (locked memory: raise RLIMIT_MEMLOCK or "
                    "kernel.perf_event_mlock_kb, give CAP_IPC_LOCK, or use smaller buffers)",
                    options.pages, cpu),
        errno);
  ring.base_ = static_cast<std::byte*>(base);
  ring.data_ = ring.base_ + page;
  if (options.kind == RingKind::Output) TRY_OK(ring.enable());
  return std::optional<PerfRing>(std::move(ring));
}

Result<> PerfRing::enable() const {
  if (::ioctl(fd(), PERF_EVENT_IOC_ENABLE, 0) != 0)
    return fail_errno(ErrorCode::Unsupported, fmt::format("cannot enable the perf buffer of CPU {}", cpu_), errno);
  return Ok{};
}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : fd_(std::move(other.fd_)),
      cpu_(other.cpu_),
      kind_(other.kind_),
      base_(std::exchange(other.base_, nullptr)),
      mapped_(other.mapped_),
      data_(other.data_),
      size_(other.size_),
      tail_(other.tail_),
      has_lost_counter_(other.has_lost_counter_),
      loss_seen_(other.loss_seen_),
      told_(other.told_),
      mapped_count_(other.mapped_count_),
      file_count_(other.file_count_),
      record_(std::move(other.record_)) {}

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

void PerfRing::append(std::vector<std::byte>& out, std::uint64_t position, std::size_t size) const {
  const std::size_t at = position & (size_ - 1), straight = std::min(size, size_ - at);
  out.insert(out.end(), data_ + at, data_ + at + straight);
  out.insert(out.end(), data_, data_ + (size - straight));
}

void PerfRing::append_sample(RawBatch& batch, std::uint64_t position, std::size_t payload) {
  const std::size_t offset = batch.bytes.size();
  append(batch.bytes, position, payload);
  batch.bytes.resize((batch.bytes.size() + 7) / 8 * 8);
  batch.items.push_back({cpu_, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(payload)});
}

void PerfRing::append_mapping(RawBatch& batch, std::size_t size) {
  record_.clear();
  append(record_, tail_, size);
  const std::size_t offset = batch.bytes.size();
  switch (read_mapping(record_, batch.bytes)) {
    case MappingRecord::File:
      ++mapped_count_;
      ++file_count_;
      break;
    case MappingRecord::NoFile: ++mapped_count_; return;
    case MappingRecord::Ignored: return;
    case MappingRecord::Damaged: tell_loss(batch, 1); return;
    case MappingRecord::ImageBegins: break;
  }
  const auto made = static_cast<std::uint32_t>(batch.bytes.size() - offset);
  batch.bytes.resize((batch.bytes.size() + 7) / 8 * 8);
  batch.items.push_back({cpu_, static_cast<std::uint32_t>(offset), made});
}

void PerfRing::tell_loss(RawBatch& batch, std::uint64_t count) const {
  batch.losses.push_back({cpu_, count, kind_ == RingKind::Mappings});
}

bool PerfRing::copy(RawBatch& batch, std::uint64_t head, std::size_t limit) {
  while (tail_ < head) {
    if (batch.bytes.size() >= limit) return false;
    const std::uint64_t word = u64_at(tail_);
    perf_event_header header;
    std::memcpy(&header, &word, sizeof header);
    if (header.size < sizeof header || header.size % 8 != 0 || header.size > head - tail_) {
      // Cannot happen with a sane kernel. Skipping all there is keeps us alive; the loss is counted as one.
      tell_loss(batch, 1);
      tail_ = head;
      break;
    }
    if (header.type == PERF_RECORD_SAMPLE && header.size >= 16) {
      const auto payload = static_cast<std::uint32_t>(u64_at(tail_ + 8));  // u32 size, then that many bytes
      if (payload <= header.size - 12u) append_sample(batch, tail_ + 12, payload);
    } else if (header.type == PERF_RECORD_LOST && header.size >= 24) {
      if (has_lost_counter_) {
        loss_seen_ = true;  // the counter includes it
      } else {
        tell_loss(batch, u64_at(tail_ + 16));  // u64 id, u64 lost
      }
    } else if (kind_ == RingKind::Mappings) {
      append_mapping(batch, header.size);
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
  if (values[1] > told_) tell_loss(batch, values[1] - told_);
  told_ = std::max(told_, values[1]);
}

}  // namespace burin
