// Rings of mappings against this kernel: what is mapped comes with path and build id, and what found no room is
// counted.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>

#include "base/clock.h"
#include "live/kernel/support.h"
#include "model/record.h"

using namespace burin;
using live::host;

namespace {

/// A reader with rings of mappings, and what it delivered of this process.
struct Mapped {
  explicit Mapped(std::uint32_t pages = 0) {
    auto made = LoadedProgram::load(live::getppid_image(live::this_thread()), {}, {}, host(), "mp");
    if (!made) FAIL(made.error().text());
    program = std::make_unique<LoadedProgram>(std::move(*made));
    PerfReaderOptions options;
    options.pages_per_cpu = pages;
    options.mappings = true;
    options.poll_ms = pages == 1 ? 60'000 : 1;
    auto started = PerfReader::start(program->map_fd("events"), options, [this](RawBatch&& b) { take(b); });
    if (!started) FAIL(started.error().text());
    reader = std::move(*started);
  }
  void take(const RawBatch& batch) {
    for (const auto& item : batch.items) {
      wire::Load load;
      if (item.size < sizeof load.head) continue;
      std::memcpy(&load.head, batch.bytes.data() + item.offset, sizeof load.head);
      if (load.head.hook != kHookLoad) continue;
      ++all;
      if (load.head.tgid != static_cast<std::uint32_t>(::getpid())) continue;
      std::memcpy(&load, batch.bytes.data() + item.offset, sizeof load);
      loads.push_back(load);
      paths.emplace_back(reinterpret_cast<const char*>(batch.bytes.data()) + item.offset + load.path.off,
                         load.path.len);
    }
    for (const auto& loss : batch.losses) (loss.mappings ? lost : lost_else) += loss.count;
  }

  std::vector<wire::Load> loads;  // reader thread; read after stop()
  std::vector<std::string> paths;
  std::uint64_t all = 0, lost = 0, lost_else = 0;
  std::unique_ptr<LoadedProgram> program;
  std::unique_ptr<PerfReader> reader;
};

/// Maps the test's own first page and lets it go.
void map_self(int protection) {
  const UniqueFd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  void* at = ::mmap(nullptr, 4096, protection, MAP_PRIVATE, self.get(), 0);
  REQUIRE(at != MAP_FAILED);
  ::munmap(at, 4096);
}

std::string own_path() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  REQUIRE(size > 0);
  return {path, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("executable mappings of files come, from the moment they are asked for") {
  if (!live::can_run()) return;
  if (const auto tried = try_mappings(); !tried) return burin_test::skip(tried.error().text());
  Mapped mapped;
  map_self(PROT_READ | PROT_EXEC);
  REQUIRE(mapped.reader->enable_mappings());
  map_self(PROT_READ);
  void* jit = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::munmap(jit, 4096);
  const std::uint64_t before = monotonic_ns();
  map_self(PROT_READ | PROT_EXEC);
  const std::uint64_t after = monotonic_ns();
  mapped.reader->stop();
  REQUIRE(mapped.loads.size() == 1);
  CHECK(mapped.paths[0] == own_path());
  const wire::Load& load = mapped.loads[0];
  CHECK(load.head.tid == static_cast<std::uint32_t>(live::this_thread()));
  CHECK(load.head.ktime >= before);
  CHECK(load.head.ktime <= after);
  CHECK(load.length == 4096);
  CHECK((load.build_id_len != 0 || load.inode != 0));
  if (host().version_code >= (5u << 16 | 12u << 8)) CHECK(load.build_id_len != 0);
  const MappingCounters counters = mapped.reader->mappings();
  CHECK(counters.files == mapped.all);
  CHECK(counters.mapped > counters.files);  // ours without a file at least
  CHECK(counters.lost == 0);
}

TEST_CASE("a flood of mappings into a tiny ring: received and lost are all there was") {
  if (!live::can_run()) return;
  if (const auto tried = try_mappings(); !tried) return burin_test::skip(tried.error().text());
  if (host().version_code < (6u << 16)) return burin_test::skip("the kernel has no lost counter (before 6.0)");
  Mapped mapped(1);
  REQUIRE(mapped.reader->enable_mappings());
  constexpr std::uint64_t kTimes = 5'000;
  for (std::uint64_t i = 0; i < kTimes; ++i) map_self(PROT_READ | PROT_EXEC);
  mapped.reader->stop();
  CHECK(mapped.lost > 0);
  CHECK(mapped.lost_else == 0);
  CHECK(mapped.reader->mappings().lost == mapped.lost);
  CHECK(mapped.reader->lost() == mapped.lost);
  // Others map files too, so all there was is at least ours.
  CHECK(mapped.all + mapped.lost >= kTimes);
  CHECK(mapped.loads.size() < kTimes);
}

TEST_CASE("without rings of mappings there is nothing to enable") {
  if (!live::can_run()) return;
  auto program = LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "mp");
  REQUIRE(program);
  auto reader = PerfReader::start(program->map_fd("events"), {}, [](RawBatch&&) {});
  REQUIRE(reader);
  CHECK_FALSE((*reader)->enable_mappings());
}
