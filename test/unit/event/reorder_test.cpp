// The order that the decoder sees, against a plain sort.
#include "event/reorder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "unit/event/make_record.h"

using namespace burin;
using namespace burin_test;

namespace {

struct Seen {
  std::uint32_t cpu;
  std::uint64_t ktime;
  std::uint32_t id;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// A record with an id (in tid) and `extra` bytes behind the head.
Bytes record(std::uint64_t ktime, std::uint32_t id, std::size_t extra = 0) {
  wire::Head h = head(kFirstPolicyHook, 1, ktime, 1);
  h.tid = id;
  h.size = static_cast<std::uint32_t>(sizeof h + extra);
  Bytes out = bytes_of(h);
  out.resize(h.size, static_cast<std::byte>(id & 0xff));
  return out;
}

struct Collector {
  std::vector<Seen> seen;
  bool intact = true;
  ReorderWindow::Release sink = [this](std::uint32_t cpu, std::span<const std::byte> bytes) {
    wire::Head h;
    if (bytes.size() < sizeof h) {
      seen.push_back({cpu, 0, 0});
      return;
    }
    std::memcpy(&h, bytes.data(), sizeof h);
    seen.push_back({cpu, h.ktime, h.tid});
    intact = intact && bytes.size() == h.size;
    for (const std::byte b : bytes.subspan(sizeof h)) intact = intact && b == static_cast<std::byte>(h.tid & 0xff);
  };
  std::vector<std::uint32_t> ids() const {
    std::vector<std::uint32_t> out;
    for (const Seen& s : seen) out.push_back(s.id);
    return out;
  }
};

}  // namespace

TEST_CASE("records of two CPUs come out in order, the unfinished end is kept") {
  ReorderWindow window;
  Collector out;
  {
    const Bytes a = record(10, 1), b = record(30, 2), c = record(20, 3), d = record(40, 4, 5);
    const std::vector<ReorderWindow::Record> batch{{0, a}, {0, b}, {1, c}, {1, d}};
    window.push(batch, 25, out.sink);
  }  // the window must not look at these bytes again
  CHECK(out.ids() == std::vector<std::uint32_t>{1, 3});
  CHECK(window.held() == 2);
  const Bytes e = record(35, 5);
  window.push(std::vector<ReorderWindow::Record>{{0, e}}, 38, out.sink);
  CHECK(out.ids() == std::vector<std::uint32_t>{1, 3, 2, 5});
  window.flush(out.sink);
  CHECK(out.ids() == std::vector<std::uint32_t>{1, 3, 2, 5, 4});
  CHECK(out.seen.back().cpu == 1);
  CHECK(out.intact);
  CHECK(window.held() == 0);
  window.flush(out.sink);
  CHECK(out.seen.size() == 5);
  CHECK(window.late() == 0);
}

TEST_CASE("the boundary itself is kept: a record of that very time may still come") {
  ReorderWindow window;
  Collector out;
  const Bytes a = record(25, 1);
  window.push(std::vector<ReorderWindow::Record>{{0, a}}, 25, out.sink);
  CHECK(out.seen.empty());
  window.push({}, 26, out.sink);
  CHECK(out.ids() == std::vector<std::uint32_t>{1});
}

TEST_CASE("equal stamps keep the order of arrival, within a batch and across batches") {
  ReorderWindow window;
  Collector out;
  const Bytes a = record(50, 1), b = record(50, 2), c = record(50, 3);
  window.push(std::vector<ReorderWindow::Record>{{1, a}, {0, b}}, 10, out.sink);
  window.push(std::vector<ReorderWindow::Record>{{0, c}}, 60, out.sink);
  CHECK(out.ids() == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("a late record is passed on at once and counted") {
  ReorderWindow window;
  Collector out;
  const Bytes a = record(100, 1), late = record(60, 2), next = record(120, 3);
  window.push(std::vector<ReorderWindow::Record>{{0, a}}, 110, out.sink);
  window.push(std::vector<ReorderWindow::Record>{{0, next}, {1, late}}, 50, out.sink);  // even if the limit goes back
  CHECK(out.ids() == std::vector<std::uint32_t>{1, 2});
  CHECK(window.late() == 1);
  CHECK(window.held() == 1);
}

TEST_CASE("a record without a stamp is passed on, so that somebody counts it") {
  ReorderWindow window;
  Collector out;
  const Bytes runt(7);
  window.push(std::vector<ReorderWindow::Record>{{3, runt}}, 0, out.sink);
  REQUIRE(out.seen.size() == 1);
  CHECK(out.seen[0].cpu == 3);
  CHECK(window.late() == 0);
}

TEST_CASE("random rings, drained at random times: the result is the stable sort of all records") {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t cpus = 1 + random() % 6;
    std::vector<std::vector<std::pair<std::uint64_t, std::uint32_t>>> rings(cpus);
    std::uint32_t id = 0;
    for (auto& ring : rings) {
      std::uint64_t now = random() % 50;
      for (std::size_t n = random() % 60; n > 0; --n) ring.emplace_back(now += random() % 9, ++id);
    }
    ReorderWindow window;
    Collector out;
    std::vector<Seen> arrived;
    std::vector<std::size_t> next(cpus, 0);
    std::uint64_t limit = 0;
    for (bool left = true; left; limit += random() % 40) {
      // What was stamped before the limit has arrived; some later ones have, too.
      std::vector<Bytes> storage;
      std::vector<ReorderWindow::Record> batch;
      left = false;
      storage.reserve(id);
      for (std::uint32_t cpu = 0; cpu < cpus; ++cpu) {
        const std::uint64_t seen_until = limit + random() % 20;
        for (; next[cpu] < rings[cpu].size() && rings[cpu][next[cpu]].first < seen_until; ++next[cpu]) {
          const auto [ktime, which] = rings[cpu][next[cpu]];
          storage.push_back(record(ktime, which, random() % 30));
          batch.push_back({cpu, storage.back()});
          arrived.push_back({cpu, ktime, which});
        }
        left = left || next[cpu] < rings[cpu].size();
      }
      window.push(batch, limit, out.sink);
      CHECK(std::all_of(out.seen.begin(), out.seen.end(), [&](const Seen& s) { return s.ktime < limit; }));
    }
    window.flush(out.sink);
    std::stable_sort(arrived.begin(), arrived.end(), [](const Seen& a, const Seen& b) { return a.ktime < b.ktime; });
    REQUIRE(out.seen == arrived);
    REQUIRE(out.intact);
    REQUIRE(window.late() == 0);
  }
}
