#include "control/pipeline.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/event_maker.h"
#include "control/noting_surroundings.h"
#include "event/exec_gate.h"
#include "event/reorder.h"

namespace burin {
namespace {

/// Batches that may wait for the pipeline; one drain of the rings is one batch, so this is about a second of delay.
constexpr std::size_t kQueuedBatches = 128;
/// And their bytes: enough for several full rings of a large machine.
constexpr std::size_t kQueuedBytes = 32U << 20;
/// A record older than this is let out of the reorder window even if no batch says that it may go.
constexpr std::uint64_t kLongestHoldNs = 100'000'000;
/// An exec that takes longer, say because the program lies on a slow network disk, is waited for no more: what it
/// mapped counts as the image's before.
constexpr std::uint64_t kLongestExecNs = 10'000'000'000;
/// How often the wall clock is sampled again and the kernel's own loss counters are compared with what was told.
constexpr std::uint64_t kHousekeepingNs = 1'000'000'000;

/// A record as the decoder looks at it: what a ring pads behind it means nothing.
std::vector<std::byte> unpadded(std::span<const std::byte> bytes) {
  wire::Head head;
  if (bytes.size() >= sizeof head) {
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.size >= sizeof head && head.size <= bytes.size()) bytes = bytes.first(head.size);
  }
  return {bytes.begin(), bytes.end()};
}

}  // namespace

struct Pipeline::Impl {
  Impl(std::string node, StreamHub& h, Outreach* outreach, bool expose_addresses, Recorder* r)
      : hub(h),
        recorder(r),
        host(outreach),
        noting(r ? std::make_unique<NotingSurroundings>(host, *r) : nullptr),
        maker(std::move(node), clock.offsets(), noting ? static_cast<Surroundings&>(*noting) : host, expose_addresses),
        queue(kQueuedBatches) {
    note(ClockFrame{clock.offsets()});
  }

  /// Inputs of the maker go into the recording, if there is one, before the maker gets them.
  void note(const Frame& frame) {
    if (recorder) recorder->write(frame);
  }
  void run();
  void seed(const std::vector<SeedProcess>& seeds);
  void take_requests();
  void take(RawBatch& batch);
  void release(std::span<const ReorderWindow::Record> input, std::uint64_t until);
  void on_record(std::uint32_t cpu, std::span<const std::byte> bytes);
  void gap(LossReason reason, std::uint32_t cpu, std::uint64_t count);
  void account_ring_loss(std::uint64_t total, std::uint32_t cpu);
  void housekeeping();
  void flush();

  StreamHub& hub;
  Recorder* const recorder;
  WallClock clock;
  HostSurroundings host;
  std::unique_ptr<NotingSurroundings> noting;  // host, when there is a recorder
  EventMaker maker;
  ReorderWindow window;
  ExecGate gate;
  const ExecGate::Release decode = [this](std::uint32_t cpu, std::span<const std::byte> bytes) {
    on_record(cpu, bytes);
  };
  BoundedQueue<RawBatch> queue;
  std::thread thread;

  // Set from other threads, taken over by the pipeline thread before it looks at a batch.
  std::mutex requests_mutex;
  std::vector<HookInfoPtr> new_hooks;
  Observer new_observer;
  bool observer_changed = false;
  AskKernelLosses kernel_losses;

  std::uint64_t told_lost = 0;      // PERF_RECORD_LOST, all CPUs
  std::uint64_t reported_lost = 0;  // what the stream's gaps add up to
  std::uint64_t last_housekeeping = 0;
  std::uint64_t queue_lost_seen = 0;

  std::atomic<std::size_t> queued_bytes{0};
  std::atomic<std::uint64_t> records{0}, events{0}, lost_ring{0}, lost_queue{0}, skipped{0}, malformed{0}, late{0},
      table_size{0}, data_dropped{0};
};

Pipeline::Pipeline(std::string node_name, StreamHub& hub, Outreach* outreach, bool expose_addresses, Recorder* recorder)
    : impl_(std::make_unique<Impl>(std::move(node_name), hub, outreach, expose_addresses, recorder)) {}
Pipeline::~Pipeline() {
  stop();
}

void Pipeline::deliver(RawBatch&& batch) {
  // What the kernel lost before is not counted here: the programs' own counters tell it at the next housekeeping.
  const std::size_t count = batch.items.size(), bytes = batch.bytes.size();
  if (impl_->queued_bytes.load() + bytes > kQueuedBytes) {
    impl_->lost_queue += count;
    return;
  }
  impl_->queued_bytes += bytes;
  if (impl_->queue.try_push(std::move(batch))) return;
  impl_->queued_bytes -= bytes;
  impl_->lost_queue += count;
}

void Pipeline::start(std::vector<SeedProcess> seeds) {
  impl_->thread = std::thread([this, s = std::move(seeds)]() mutable {
    impl_->seed(std::exchange(s, {}));
    impl_->run();
  });
}

void Pipeline::stop() {
  impl_->queue.close();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void Pipeline::add_hook(HookInfoPtr hook) {
  std::lock_guard lock(impl_->requests_mutex);
  impl_->new_hooks.push_back(std::move(hook));
}

void Pipeline::set_observer(Observer observer) {
  std::lock_guard lock(impl_->requests_mutex);
  impl_->new_observer = std::move(observer);
  impl_->observer_changed = true;
}

void Pipeline::set_kernel_losses(AskKernelLosses ask) {
  std::lock_guard lock(impl_->requests_mutex);
  impl_->kernel_losses = std::move(ask);
}

PipelineCounters Pipeline::counters() const {
  return {impl_->records,   impl_->events, impl_->lost_ring,  impl_->lost_queue,  impl_->skipped,
          impl_->malformed, impl_->late,   impl_->table_size, impl_->data_dropped};
}

void Pipeline::Impl::run() {
  while (!queue.finished()) {
    std::vector<RawBatch> batches = queue.pop_all(std::chrono::milliseconds(200));
    take_requests();
    for (auto& batch : batches) {
      take(batch);
      queued_bytes -= batch.bytes.size();
    }
    // A refused batch may have been the one that would have released what is held.
    if (batches.empty() && window.held()) release({}, monotonic_ns() - kLongestHoldNs);
    if (monotonic_ns() - last_housekeeping > kHousekeepingNs) housekeeping();
    flush();
  }
  window.flush([this](std::uint32_t cpu, std::span<const std::byte> bytes) { gate.pass(cpu, bytes, decode); });
  gate.flush(decode);
  housekeeping();
  note(EndFrame{maker.made()});
  flush();
}

void Pipeline::Impl::seed(const std::vector<SeedProcess>& seeds) {
  if (recorder)
    for (const SeedProcess& process : seeds) note(SeedFrame{process});
  note(SeedsEndFrame{});
  maker.seed(seeds);
  flush();
}

void Pipeline::Impl::take_requests() {
  std::lock_guard lock(requests_mutex);
  for (auto& hook : new_hooks) {
    if (recorder) note(HookFrame{*hook, types_identity(*hook)});
    if (auto added = maker.add_hook(hook); !added) log(LogLevel::Error, "pipeline", added.error().text());
  }
  new_hooks.clear();
  if (!std::exchange(observer_changed, false)) return;
  const bool hiding = static_cast<bool>(new_observer);
  host.set_observer(std::exchange(new_observer, nullptr));
  note(HidingFrame{hiding});
  maker.set_hiding(hiding);
}

void Pipeline::Impl::take(RawBatch& batch) {
  for (const auto& loss : batch.losses) {
    told_lost += loss.count;
    account_ring_loss(told_lost, loss.cpu);
  }
  std::vector<ReorderWindow::Record> input;
  input.reserve(batch.items.size());
  for (const auto& item : batch.items) {
    const auto bytes = std::span(batch.bytes).subspan(item.offset, item.size);
    maker.arrived(bytes);
    input.push_back({item.cpu, bytes});
  }
  release(input, batch.complete_until);
}

void Pipeline::Impl::release(std::span<const ReorderWindow::Record> input, std::uint64_t until) {
  window.push(input, until,
              [this](std::uint32_t cpu, std::span<const std::byte> bytes) { gate.pass(cpu, bytes, decode); });
  late = window.late();
  data_dropped = maker.data_dropped();
}

void Pipeline::Impl::on_record(std::uint32_t cpu, std::span<const std::byte> bytes) {
  ++records;
  if (recorder) note(RecordFrame{cpu, unpadded(bytes)});
  switch (maker.record(cpu, bytes)) {
    case DecodeStatus::Event:
    case DecodeStatus::Silent: break;
    case DecodeStatus::UnknownHook:
    case DecodeStatus::Malformed:
      ++malformed;
      gap(LossReason::Malformed, cpu, 1);
      break;
  }
}

void Pipeline::Impl::gap(LossReason reason, std::uint32_t cpu, std::uint64_t count) {
  const std::uint64_t now = monotonic_ns();
  note(GapFrame{reason, cpu, count, now});
  maker.gap(reason, cpu, count, now);
}

void Pipeline::Impl::account_ring_loss(std::uint64_t total, std::uint32_t cpu) {
  // Two accounts of one thing: PERF_RECORD_LOST (told only when a later record finds room) and the programs' own
  // counters. The stream's gaps follow whichever is ahead, so nothing is told twice.
  if (total <= reported_lost) return;
  gap(LossReason::PerfBuffer, cpu, total - reported_lost);
  reported_lost = total;
  lost_ring = reported_lost;
}

void Pipeline::Impl::housekeeping() {
  last_housekeeping = monotonic_ns();
  clock.refresh();
  note(ClockFrame{clock.offsets()});
  maker.set_clock(clock.offsets());
  gate.expire(last_housekeeping - std::min(last_housekeeping, kLongestExecNs), decode);
  AskKernelLosses ask;
  {
    std::lock_guard lock(requests_mutex);
    ask = kernel_losses;
  }
  if (ask) {
    const KernelLosses losses = ask();
    account_ring_loss(losses.unwritten, 0);
    if (losses.skipped > skipped) gap(LossReason::SkippedRun, 0, losses.skipped - skipped);
    skipped = std::max<std::uint64_t>(skipped, losses.skipped);
  }
  if (const std::uint64_t lost = lost_queue; lost > queue_lost_seen) {
    gap(LossReason::RawQueue, 0, lost - queue_lost_seen);
    queue_lost_seen = lost;
  }
  table_size = maker.processes().size();
}

void Pipeline::Impl::flush() {
  if (recorder)
    if (auto written = recorder->flush(); !written)
      log(LogLevel::Error, "record", written.error().text() + "; tracing goes on");
  events = maker.made();
  if (auto ready = maker.take(); !ready.empty()) hub.publish(std::move(ready));
}

}  // namespace burin
