// The reader thread. The kernel wakes it when a ring is a quarter full; a short poll brings in the rest. One wake-up
// per event, the usual way, costs the traced process ten times as much.
#include "kernel/perf_reader.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "kernel/perf_ring.h"

namespace burin {
namespace {

/// A batch is handed over when it has reached this size, so that a full set of rings does not double in our memory.
constexpr std::size_t kBatchBytes = 4u << 20;
/// Below this many records in a drain nobody is flooding us, and the next look comes early: as soon as complete_until
/// can pass the records just delivered. Above it, fewer and larger drains are cheaper.
constexpr std::size_t kQuietRecords = 32;
/// Of the rings of mappings, in parts of the other rings: a program loads a handful of files and then runs.
constexpr std::uint32_t kMappingShare = 4;
/// kOrderSlackNs in epoll's milliseconds, plus one.
constexpr std::uint32_t kReleaseMs = kOrderSlackNs / 1'000'000 + 1;

}  // namespace

struct PerfReader::Impl {
  std::vector<PerfRing> rings;
  UniqueFd map, epoll, wake;
  std::atomic<std::uint32_t> poll_ms{10};
  Deliver deliver;
  std::atomic<std::uint64_t> records{0}, lost{0};
  std::atomic<std::uint64_t> mapped{0}, files{0}, mappings_lost{0};
  std::atomic<bool> stopping{false};
  std::thread thread;

  // Reader thread only.
  std::uint64_t complete_until = 0;
  std::uint64_t release_at = 0;  ///< complete_until has to reach this before we may fall silent
  bool losses_open = false;      ///< a ring may have losses that no record has told
  bool quiet = false;            ///< the last drain brought few records
  std::vector<std::uint64_t> heads;

  Result<> open(const PerfReaderOptions& options, std::uint32_t slots);
  Result<> open_mappings(const PerfReaderOptions& options, std::uint32_t pages, std::uint32_t slots);
  Result<> watch(int fd);
  void run();
  void drain(bool last);
  bool copy_all(RawBatch& batch);
  void hand_over(RawBatch& batch);
};

Result<> PerfReader::Impl::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return fail_errno(ErrorCode::Io, "cannot watch a perf buffer", errno);
  return Ok{};
}

Result<> PerfReader::Impl::open(const PerfReaderOptions& options, std::uint32_t slots) {
  epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return fail_errno(ErrorCode::Io, "cannot create the perf reader's wake-up descriptors", errno);
  TRY_OK(watch(wake.get()));
  const std::uint32_t usual = (slots < 16 ? 256U : 64U) * (options.large_records ? 4 : 1);
  const std::uint32_t pages = options.pages_per_cpu != 0 ? options.pages_per_cpu : usual;
  rings.reserve(std::size_t{slots} * 2);
  for (std::uint32_t cpu = 0; cpu < slots; ++cpu) {
    TRY(auto ring, PerfRing::open(cpu, {pages, options.wake_each_event, RingKind::Output}));
    if (!ring) continue;
    const int ring_fd = ring->fd();
    rings.push_back(std::move(*ring));
    TRY_OK(watch(ring_fd));
    if (const int error = bpf_map_update_elem(map.get(), &cpu, &ring_fd, BPF_ANY); error != 0)
      return fail_errno(ErrorCode::Unsupported, fmt::format("cannot put the perf buffer of CPU {} into the map", cpu),
                        -error);
  }
  if (rings.empty()) return fail(ErrorCode::Unsupported, "no CPU of the perf event array is online");
  if (options.mappings) TRY_OK(open_mappings(options, std::max(pages / kMappingShare, 1u), slots));
  heads.resize(rings.size());
  return Ok{};
}

Result<> PerfReader::Impl::open_mappings(const PerfReaderOptions& options, std::uint32_t pages, std::uint32_t slots) {
  for (std::uint32_t cpu = 0; cpu < slots; ++cpu) {
    TRY(auto ring, PerfRing::open(cpu, {pages, options.wake_each_event, RingKind::Mappings}));
    if (!ring) continue;
    rings.push_back(std::move(*ring));
    TRY_OK(watch(rings.back().fd()));
  }
  return Ok{};
}

void PerfReader::Impl::hand_over(RawBatch& batch) {
  std::uint64_t gone = 0, gone_mappings = 0, all = 0, of_files = 0;
  for (const auto& loss : batch.losses) {
    gone += loss.count;
    if (loss.mappings) gone_mappings += loss.count;
  }
  for (const auto& ring : rings) {
    all += ring.mapped();
    of_files += ring.files();
  }
  mapped.store(all, std::memory_order_relaxed);
  files.store(of_files, std::memory_order_relaxed);
  mappings_lost.fetch_add(gone_mappings, std::memory_order_relaxed);
  records.fetch_add(batch.items.size(), std::memory_order_relaxed);
  lost.fetch_add(gone, std::memory_order_relaxed);
  batch.complete_until = complete_until;
  deliver(std::move(batch));
  batch = {};
}

/// Copies everything before `heads`; hands full batches over on the way and leaves the last one to the caller. True
/// when there was anything.
bool PerfReader::Impl::copy_all(RawBatch& batch) {
  std::uint64_t waiting = 0;
  for (std::size_t i = 0; i < rings.size(); ++i) waiting += heads[i] - rings[i].tail();
  if (waiting == 0) return false;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    if (heads[i] == rings[i].tail()) continue;
    for (;;) {
      if (batch.bytes.capacity() == 0) batch.bytes.reserve(std::min<std::size_t>(waiting, kBatchBytes + 65536));
      const bool done = rings[i].copy(batch, heads[i], kBatchBytes);
      rings[i].publish_tail();
      if (done) break;
      count += batch.items.size();
      hand_over(batch);
    }
    if (rings[i].loss_seen()) rings[i].take_losses(batch);
  }
  quiet = count + batch.items.size() < kQuietRecords;
  return true;
}

void PerfReader::Impl::drain(bool last) {
  // The order matters: whatever was visible before `now` is below the heads read after it.
  const std::uint64_t now = monotonic_ns();
  for (std::size_t i = 0; i < rings.size(); ++i) heads[i] = rings[i].head();
  RawBatch batch;
  const bool active = copy_all(batch);
  if (!active && release_at == 0 && !last) return;
  if ((!active && losses_open) || last) {
    for (auto& ring : rings) ring.take_losses(batch);
    losses_open = false;
  }
  complete_until = last ? UINT64_MAX : std::max(complete_until, now - std::min(now, kOrderSlackNs));
  if (active) {
    losses_open = true;
    release_at = monotonic_ns();
  } else if (complete_until >= release_at) {
    release_at = 0;
  }
  hand_over(batch);
}

void PerfReader::Impl::run() {
  epoll_event events[8];
  while (!stopping.load(std::memory_order_acquire)) {
    const std::uint32_t every = poll_ms.load(std::memory_order_relaxed);
    const std::uint32_t timeout = release_at != 0 && quiet ? std::min(every, kReleaseMs) : every;
    ::epoll_wait(epoll.get(), events, std::size(events), static_cast<int>(timeout));
    if (!stopping.load(std::memory_order_acquire)) drain(false);
  }
  drain(true);
}

PerfReader::PerfReader() : impl_(std::make_unique<Impl>()) {}
PerfReader::~PerfReader() {
  stop();
}

Result<std::unique_ptr<PerfReader>> PerfReader::start(int map_fd, const PerfReaderOptions& options, Deliver deliver) {
  bpf_map_info info{};
  __u32 size = sizeof info;
  if (const int error = bpf_obj_get_info_by_fd(map_fd, &info, &size); error != 0)
    return fail_errno(ErrorCode::Internal, "cannot inspect the perf event array", -error);
  if (info.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
    return fail(ErrorCode::Internal, "the events map is not a perf event array");
  if (options.pages_per_cpu != 0 && (!std::has_single_bit(options.pages_per_cpu) || options.pages_per_cpu > 65536))
    return fail(ErrorCode::Internal,
                fmt::format("{} pages per CPU: must be a power of two, 65536 at most", options.pages_per_cpu));

  std::unique_ptr<PerfReader> reader(new PerfReader);
  Impl& impl = *reader->impl_;
  impl.map.reset(::fcntl(map_fd, F_DUPFD_CLOEXEC, 3));
  if (!impl.map) return fail_errno(ErrorCode::Io, "cannot duplicate the descriptor of the perf event array", errno);
  impl.poll_ms = std::max(options.poll_ms, 1u);
  impl.deliver = std::move(deliver);
  TRY_OK(impl.open(options, info.max_entries));

  // Signals belong to the control thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  impl.thread = std::thread([&impl] { impl.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(impl.thread.native_handle(), "burin-perf");
  return reader;
}

void PerfReader::set_poll_ms(std::uint32_t poll_ms) {
  impl_->poll_ms = std::max(poll_ms, 1u);
}

void PerfReader::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->stopping.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // An eventfd takes a write unless its counter is full, in which case the reader is awake already.
  [[maybe_unused]] const ssize_t written = ::write(impl_->wake.get(), &one, sizeof one);
  impl_->thread.join();
  for (const auto& ring : impl_->rings) {
    if (ring.kind() != RingKind::Output) continue;
    const std::uint32_t cpu = ring.cpu();
    bpf_map_delete_elem(impl_->map.get(), &cpu);
  }
}

std::uint64_t PerfReader::records() const {
  return impl_->records.load(std::memory_order_relaxed);
}
std::uint64_t PerfReader::lost() const {
  return impl_->lost.load(std::memory_order_relaxed);
}

Result<> PerfReader::enable_mappings() {
  bool any = false;
  for (const auto& ring : impl_->rings) {
    if (ring.kind() != RingKind::Mappings) continue;
    TRY_OK(ring.enable());
    any = true;
  }
  if (!any) return fail(ErrorCode::Internal, "the perf reader has no rings of mappings");
  return Ok{};
}

MappingCounters PerfReader::mappings() const {
  return {impl_->mapped.load(std::memory_order_relaxed), impl_->files.load(std::memory_order_relaxed),
          impl_->mappings_lost.load(std::memory_order_relaxed)};
}

Result<> try_mappings() {
  const int here = ::sched_getcpu();
  TRY(auto ring, PerfRing::open(here < 0 ? 0 : static_cast<std::uint32_t>(here), {1, false, RingKind::Mappings}));
  if (!ring) return fail(ErrorCode::Unsupported, "no CPU takes perf events");
  return Ok{};
}

}  // namespace burin
