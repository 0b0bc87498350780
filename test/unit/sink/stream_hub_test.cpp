// StreamHub: bounds, exact loss counts, waking and ending of readers.
#include "sink/stream_hub.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace burin;
using namespace std::chrono_literals;

namespace {

EventPtr event(std::uint64_t seq, std::size_t line_size = 10) {
  auto e = std::make_shared<Event>();
  e->seq = seq;
  e->line.assign(line_size, 'x');
  return e;
}

EventPtr gap(std::uint64_t seq, std::uint64_t lost) {
  auto e = std::make_shared<Event>();
  e->kind = EventKind::Gap;
  e->seq = seq;
  e->lost = lost;
  return e;
}

void publish(StreamHub& hub, std::uint64_t first, std::uint64_t last, std::size_t line_size = 10) {
  std::vector<EventPtr> events;
  for (auto seq = first; seq <= last; ++seq) events.push_back(event(seq, line_size));
  hub.publish(std::move(events));
}

}  // namespace

TEST_CASE("an empty hub answers at once or after the wait") {
  StreamHub hub;
  CHECK(hub.oldest_seq() == 0);
  CHECK(hub.newest_seq() == 0);
  CHECK(hub.read_back(100, 10).empty());
  const auto got = hub.read(0, 10, 0ms);
  CHECK(got.events.empty());
  CHECK_FALSE(got.closed);
  CHECK(got.missed == 0);
  const auto begin = std::chrono::steady_clock::now();
  hub.read(1, 10, 60ms);
  CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
}

TEST_CASE("readers get events in order and in pieces") {
  StreamHub hub;
  publish(hub, 1, 10);
  auto got = hub.read(0, 4, 0ms);
  REQUIRE(got.events.size() == 4);
  CHECK(got.events.front()->seq == 1);
  CHECK(got.next == 5);
  got = hub.read(got.next, 100, 0ms);
  REQUIRE(got.events.size() == 6);
  CHECK(got.events.back()->seq == 10);
  CHECK(got.next == 11);
  CHECK(hub.read(got.next, 100, 0ms).events.empty());
  CHECK(hub.read(5, 0, 0ms).events.size() == 1);  // max counts as at least one: no endless empty reads
}

TEST_CASE("backward reads begin below their bound, newest first") {
  StreamHub hub({5, 1U << 20});
  publish(hub, 1, 10);
  const auto got = hub.read_back(10, 3);
  REQUIRE(got.size() == 3);
  CHECK(got[0]->seq == 9);
  CHECK(got[2]->seq == 7);
  CHECK(hub.read_back(7, 100).size() == 1);  // 6; 1 to 5 are gone
  CHECK(hub.read_back(6, 100).empty());
  CHECK(hub.read_back(99, 100).size() == 5);
}

TEST_CASE("the event bound drops the oldest and a late reader is told how many") {
  StreamHub hub({3, 1U << 20});
  publish(hub, 1, 10);
  CHECK(hub.oldest_seq() == 8);
  CHECK(hub.newest_seq() == 10);
  const auto got = hub.read(3, 100, 0ms);
  CHECK(got.missed == 5);  // 3 4 5 6 7
  REQUIRE(got.events.size() == 3);
  CHECK(got.events.front()->seq == 8);
  CHECK(hub.read(8, 100, 0ms).missed == 0);
  CHECK(hub.read(0, 100, 0ms).missed == 0);  // "whatever is oldest" misses nothing
}

TEST_CASE("the byte bound holds, but for a single event larger than it") {
  const std::size_t one = hub_cost(*event(1, 1000));
  StreamHub hub({1000, 3 * one});
  publish(hub, 1, 10, 1000);
  CHECK(hub.oldest_seq() == 8);
  CHECK(hub.stats().bytes == 3 * one);
  publish(hub, 11, 11, 100'000);
  CHECK(hub.oldest_seq() == 11);
  CHECK(hub.read(11, 1, 0ms).events.size() == 1);
  publish(hub, 12, 12, 1000);
  CHECK(hub.stats().bytes == one);
  CHECK(hub.stats().published == 12);
  CHECK(hub.stats().events == 1);
}

TEST_CASE("publishing wakes waiting readers") {
  StreamHub hub;
  std::thread publisher([&] { publish(hub, 1, 1); });
  const auto got = hub.read(1, 10, 10s);
  publisher.join();
  REQUIRE(got.events.size() == 1);
}

TEST_CASE("closing ends waits, keeps what is in memory readable and takes nothing more") {
  StreamHub hub;
  publish(hub, 1, 2);
  std::atomic<bool> ended{false};
  std::thread reader([&] {
    const auto got = hub.read(3, 10, 30s);
    ended = got.closed && got.events.empty();
  });
  hub.close();
  reader.join();
  CHECK(ended);
  publish(hub, 3, 3);
  CHECK(hub.newest_seq() == 2);
  auto got = hub.read(1, 10, 0ms);
  CHECK(got.events.size() == 2);
  CHECK_FALSE(got.closed);  // closed means: nothing left
  CHECK(hub.read(got.next, 10, 30s).closed);
}

TEST_CASE("delivered plus missed is published, for readers slower than the publisher") {
  constexpr std::uint64_t kLast = 50'000;
  StreamHub hub({64, 1U << 20});
  struct Count {
    std::uint64_t delivered = 0, missed = 0, order_errors = 0;
  };
  std::vector<Count> counts(4);
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < counts.size(); ++i)
    readers.emplace_back([&hub, &count = counts[i], i] {
      for (std::uint64_t next = 1;;) {
        const auto got = hub.read(next, 1 + i * 7, 5s);
        if (got.closed) break;
        count.missed += got.missed;
        count.delivered += got.events.size();
        std::uint64_t expected = next + got.missed;
        for (const auto& e : got.events) count.order_errors += e->seq != expected++;
        next = got.next;
      }
    });
  for (std::uint64_t seq = 1; seq <= kLast; seq += 10) publish(hub, seq, seq + 9);
  hub.close();
  for (auto& reader : readers) reader.join();
  for (const auto& count : counts) {
    CHECK(count.delivered + count.missed == kLast);
    CHECK(count.order_errors == 0);
  }
}

TEST_CASE("a gap line that left memory stands for what it said was lost") {
  StreamHub hub({3, 1U << 20});
  publish(hub, 1, 2);
  hub.publish({gap(3, 100)});
  publish(hub, 4, 4);
  hub.publish({gap(5, 20), gap(6, 1)});
  publish(hub, 7, 7);
  hub.publish({gap(8, 1000)});
  publish(hub, 9, 10);  // 8 9 10 are in memory
  REQUIRE(hub.oldest_seq() == 8);
  const auto events = [&](std::uint64_t first, std::uint64_t last) {
    const HubLoss loss = hub.loss_between(first, last);
    CHECK_FALSE(loss.at_least);
    return loss.events;
  };
  CHECK(events(1, 7) == 4 + 121);
  CHECK(events(1, 2) == 2);
  CHECK(events(1, 3) == 102);
  CHECK(events(3, 3) == 100);
  CHECK(events(4, 4) == 1);
  CHECK(events(4, 7) == 2 + 21);
  CHECK(events(6, 7) == 2);
  CHECK(events(7, 7) == 1);
  // The one in memory is still to be read, and has not been counted.
  const auto got = hub.read(1, 10, 0ms);
  CHECK(got.missed == 7);
  CHECK(got.events.front()->lost == 1000);
}

TEST_CASE("gap lines of long ago are forgotten, and the answer says so") {
  StreamHub hub({1, 1U << 20});
  constexpr std::uint64_t kOld = 10;
  for (std::uint64_t seq = 1; seq <= kOld + kLeftGaps; ++seq) hub.publish({gap(seq, 5)});
  publish(hub, kOld + kLeftGaps + 1, kOld + kLeftGaps + 1);
  const HubLoss known = hub.loss_between(kOld + 1, kOld + kLeftGaps);
  CHECK(known.events == 5 * kLeftGaps);
  CHECK_FALSE(known.at_least);
  const HubLoss part = hub.loss_between(kOld, kOld + kLeftGaps);
  CHECK(part.events == 5 * kLeftGaps + 1);
  CHECK(part.at_least);
  const HubLoss old = hub.loss_between(2, 3);
  CHECK(old.events == 2);
  CHECK(old.at_least);
}
