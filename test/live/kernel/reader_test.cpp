// The perf reader against a real program: nothing lost silently, order promises kept, nothing left behind at the end.
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "base/clock.h"
#include "live/kernel/support.h"

using namespace burin;
using live::Collector;
using live::host;

namespace {

/// The getppid program, attached, with a reader on its events.
struct Traced {
  explicit Traced(int tid, const PerfReaderOptions& options = {}, int size = 16) {
    auto made = LoadedProgram::load(live::getppid_image(tid, size), {}, {}, host(), "rd");
    if (!made) FAIL(made.error().text() << "\n" << made.error().detail);
    program = std::make_unique<LoadedProgram>(std::move(*made));
    auto started = PerfReader::start(program->map_fd("events"), options, collector.deliver());
    if (!started) FAIL(started.error().text());
    reader = std::move(*started);
    const auto attached = program->attach(live::at_getppid(), host());
    if (!attached) FAIL(attached.error().text());
  }
  std::uint64_t count(int slot) {
    return (*program->read_percpu_u64("counts", host().possible_cpus))[static_cast<std::size_t>(slot)];
  }

  Collector collector;  // outlives the reader
  std::unique_ptr<LoadedProgram> program;
  std::unique_ptr<PerfReader> reader;
};

double cpu_ms(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto ms = [](const timeval& t) { return t.tv_sec * 1e3 + t.tv_usec / 1e3; };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}
double process_cpu_ms() {
  return cpu_ms(RUSAGE_SELF);
}
double own_cpu_ms() {
  return cpu_ms(RUSAGE_THREAD);
}

}  // namespace

TEST_CASE("N calls give exactly N records, in order, once") {
  if (!live::can_run()) return;
  Traced traced(live::this_thread());
  live::getppid_calls(10'000);
  REQUIRE(traced.collector.wait_for(10'000));
  traced.program->detach_all();
  live::getppid_calls(100);
  traced.reader->stop();
  const auto seen = traced.collector.seen();
  CHECK(seen.samples.size() == 10'000);
  CHECK(seen.lost == 0);
  CHECK(seen.misaligned == 0);
  CHECK(traced.reader->records() == 10'000);
  CHECK(traced.count(0) == 10'000);
  std::vector<std::uint64_t> stamps;
  for (const auto& sample : seen.samples) stamps.push_back(sample.ktime);
  std::sort(stamps.begin(), stamps.end());
  CHECK(std::adjacent_find(stamps.begin(), stamps.end()) == stamps.end());
}

TEST_CASE("records around the end of the ring and of any size come out whole") {
  if (!live::can_run()) return;
  for (const int size : {16, 24, 200, 256}) {
    PerfReaderOptions options;
    options.pages_per_cpu = 1;
    options.poll_ms = 1;
    Traced traced(live::this_thread(), options, size);
    for (int i = 0; i < 60; ++i) {  // several times around a ring of 4 KiB, slowly enough to lose nothing
      live::getppid_calls(5);
      REQUIRE(traced.collector.wait_for(static_cast<std::size_t>(i + 1) * 5));
    }
    const auto seen = traced.collector.seen();
    CHECK(seen.samples.size() == 300);
    CHECK(seen.misaligned == 0);
    CHECK(seen.lost == 0);
    for (const auto item : seen.sizes)
      CHECK((item >= static_cast<std::uint32_t>(size) && item < static_cast<std::uint32_t>(size) + 8));
  }
}

TEST_CASE("a flood into a tiny ring: received and lost are all there was") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.pages_per_cpu = 1;
  Traced traced(live::this_thread(), options, 200);
  live::getppid_calls(50'000);
  const std::uint64_t attempted = traced.count(0);
  CHECK(attempted == 50'000);
  SECTION("told by the next record that finds room") {
    REQUIRE(traced.collector.wait_complete(monotonic_ns()));
    live::getppid_calls(1);
    traced.program->detach_all();
    traced.reader->stop();
    const auto seen = traced.collector.seen();
    CHECK(seen.samples.size() + seen.lost == attempted + 1);
  }
  SECTION("told without another record") {
    if (host().version_code < (6u << 16)) return burin_test::skip("the kernel has no lost counter (before 6.0)");
    CHECK(traced.collector.wait_accounted(attempted));
    auto seen = traced.collector.seen();
    CHECK(seen.samples.size() + seen.lost == attempted);
    traced.program->detach_all();
    traced.reader->stop();
    seen = traced.collector.seen();
    CHECK(seen.samples.size() + seen.lost == attempted);
  }
  const auto seen = traced.collector.seen();
  CHECK(seen.lost > 0);
  CHECK(seen.lost == traced.count(1));
  CHECK(traced.reader->lost() == seen.lost);
  CHECK(traced.reader->records() == seen.samples.size());
}

TEST_CASE("the last drain delivers everything that waited") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.poll_ms = 60'000;  // only stop() can bring them
  Traced traced(live::this_thread(), options);
  live::getppid_calls(500);
  CHECK(traced.collector.seen().samples.empty());
  traced.program->detach_all();
  traced.reader->stop();
  traced.reader->stop();
  const auto seen = traced.collector.seen();
  CHECK(seen.samples.size() == 500);
  CHECK(seen.last_complete == UINT64_MAX);
}

TEST_CASE("all CPUs under load: every record before complete_until was delivered before") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.pages_per_cpu = 1024;
  options.poll_ms = 1;
  Traced traced(-1, options);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(2u, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([] { live::getppid_calls(60'000); });
  for (auto& thread : threads) thread.join();
  REQUIRE(traced.collector.wait_complete(monotonic_ns()));
  traced.program->detach_all();
  traced.reader->stop();
  const auto seen = traced.collector.seen();
  CHECK(seen.samples.size() + seen.lost == traced.count(0));
  CHECK(seen.samples.size() >= threads.size() * 60'000 - seen.lost);
  CHECK(seen.backwards == 0);
  // A guest can be stopped in the middle of a program for longer than the slack; that is rare, not a tenth of a
  // percent.
  CHECK(seen.late.size() <= seen.samples.size() / 1000);
  std::cout << seen.samples.size() << " records in " << seen.batches << " batches, " << seen.lost << " lost, "
            << seen.late.size() << " late" << std::endl;
}

TEST_CASE("a backlog larger than a batch comes in pieces of bounded size") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.pages_per_cpu = 8192;  // 32 MiB
  options.poll_ms = 60'000;
  Traced traced(live::this_thread(), options, 256);
  const int calls = 25'000;  // 6.7 MB, below the watermark
  live::getppid_calls(calls);
  traced.program->detach_all();
  traced.reader->stop();
  const auto seen = traced.collector.seen();
  CHECK(seen.samples.size() == static_cast<std::size_t>(calls));
  CHECK(seen.lost == 0);
  CHECK(seen.batches >= 2);
  CHECK(seen.largest <= (4u << 20) + 65536);
  CHECK(seen.late.empty());
}

TEST_CASE("after activity empty batches release what was held back, then there is silence") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.wake_each_event = true;  // delivered at once, so that complete_until has yet to pass the record
  options.poll_ms = 20;
  Traced traced(live::this_thread(), options);
  CHECK(traced.collector.seen().batches == 0);
  constexpr std::size_t kTimes = 30;  // on a busy machine some drains come late enough to need no second batch
  for (std::size_t i = 1; i <= kTimes; ++i) {
    live::getppid_calls(1);
    const std::uint64_t after = monotonic_ns();
    REQUIRE(traced.collector.wait_for(i));
    REQUIRE(traced.collector.wait_complete(after, 1000));
  }
  const auto first = traced.collector.seen();
  CHECK(first.samples.size() == kTimes);
  CHECK(first.empty >= 1);
  CHECK(first.late.empty());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // silence cannot be waited for
  CHECK(traced.collector.seen().batches <= first.batches + 1);
}

TEST_CASE("the poll can be made slower and faster while it runs") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.poll_ms = 5;
  Traced traced(live::this_thread(), options);
  traced.reader->set_poll_ms(60'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // lets the poll that is under way end
  live::getppid_calls(10);
  CHECK_FALSE(traced.collector.wait_for(1, 300));
  traced.program->detach_all();
  traced.reader->stop();
  CHECK(traced.collector.seen().samples.size() == 10);
}

TEST_CASE("wake-up per event does not wait for the poll") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.wake_each_event = true;
  options.poll_ms = 60'000;
  Traced traced(live::this_thread(), options);
  for (int i = 1; i <= 20; ++i) {
    live::getppid_calls(1);
    REQUIRE(traced.collector.wait_for(static_cast<std::size_t>(i), 2000));
  }
}

TEST_CASE("the watermark wakes the reader before the poll is due") {
  if (!live::can_run()) return;
  PerfReaderOptions options;
  options.poll_ms = 60'000;
  options.pages_per_cpu = 64;
  Traced traced(live::this_thread(), options, 200);
  live::getppid_calls(400);  // 86 KB, a quarter of the ring is 64 KiB
  CHECK(traced.collector.wait_for(280, 5000));
  CHECK(traced.collector.seen().lost == 0);
}

TEST_CASE("bad options and maps are refused in words") {
  if (!live::can_run()) return;
  auto program = LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "rd");
  REQUIRE(program);
  PerfReaderOptions odd;
  odd.pages_per_cpu = 3;
  CHECK_FALSE(PerfReader::start(program->map_fd("events"), odd, [](RawBatch&&) {}));
  CHECK_FALSE(PerfReader::start(program->map_fd("counts"), {}, [](RawBatch&&) {}));
  CHECK_FALSE(PerfReader::start(-1, {}, [](RawBatch&&) {}));
}

TEST_CASE("an idle reader costs little more than sleeping as often") {
  if (!live::can_run()) return;
  constexpr int kPolls = 200;
  const double start = own_cpu_ms();
  for (int i = 0; i < kPolls; ++i) ::poll(nullptr, 0, 10);
  const double bare = (own_cpu_ms() - start) / (kPolls * 10) * 100;
  Traced traced(1'000'000'000);  // no such thread
  const double before = process_cpu_ms();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const double percent = (process_cpu_ms() - before) / 2000 * 100;
  std::cout << "idle reader: " << percent << " % of a CPU; bare poll of 10 ms: " << bare << " %" << std::endl;
  CHECK(percent < 3 * bare + 0.5);
}

TEST_CASE("latency from stamp to delivery and to release", "[.measure]") {
  if (!live::can_run()) return;
  for (const bool each : {false, true}) {
    PerfReaderOptions options;
    options.wake_each_event = each;
    Traced traced(live::this_thread(), options);
    std::vector<double> delivered, released;
    for (int i = 1; i <= 200; ++i) {
      const std::uint64_t before = monotonic_ns();
      live::getppid_calls(1);
      REQUIRE(traced.collector.wait_for(static_cast<std::size_t>(i)));
      delivered.push_back(static_cast<double>(monotonic_ns() - before) / 1e3);
      const std::uint64_t stamp = traced.collector.seen().samples.back().ktime;
      REQUIRE(traced.collector.wait_complete(stamp + 1));
      released.push_back(static_cast<double>(monotonic_ns() - before) / 1e3);
      std::this_thread::sleep_for(std::chrono::microseconds(3'000 + 137 * (i % 50)));
    }
    for (auto* list : {&delivered, &released}) {
      std::sort(list->begin(), list->end());
      std::cout << (each ? "wake each event" : "watermark + 10 ms poll") << ", us to "
                << (list == &delivered ? "delivery" : "release") << ": min " << list->front() << " median "
                << (*list)[100] << " p95 " << (*list)[190] << " max " << list->back() << std::endl;
    }
  }
}

TEST_CASE("reader cost under load", "[.measure]") {
  if (!live::can_run()) return;
  auto program = LoadedProgram::load(live::getppid_image(live::this_thread(), 200), {}, {}, host(), "rd");
  REQUIRE(program);
  auto reader = PerfReader::start(program->map_fd("events"), {}, [](RawBatch&&) {});
  REQUIRE(reader);
  REQUIRE(program->attach(live::at_getppid(), host()));
  constexpr int kCalls = 1'000'000;
  const std::uint64_t start = monotonic_ns();
  const double cpu = process_cpu_ms() - own_cpu_ms();
  live::getppid_calls(kCalls);
  const double seconds = static_cast<double>(monotonic_ns() - start) / 1e9;
  const double reader_ns = (process_cpu_ms() - own_cpu_ms() - cpu) * 1e6 / kCalls;
  const std::uint64_t detach = monotonic_ns();
  program->detach_all();
  const double detach_ms = static_cast<double>(monotonic_ns() - detach) / 1e6;
  (*reader)->stop();
  std::cout << kCalls / seconds << " calls/s, received " << (*reader)->records() << " lost " << (*reader)->lost()
            << ", reader CPU " << reader_ns << " ns a record, detach " << detach_ms << " ms" << std::endl;
}
