// The gate that keeps what an exec maps until the exec itself is known.
#include "event/exec_gate.h"

#include <catch2/catch.hpp>
#include <utility>

#include "unit/event/make_record.h"

using namespace burin;
using namespace burin_test;

namespace {

using Seen = std::vector<std::pair<HookId, std::uint64_t>>;  // kind and stamp

struct Fixture {
  ExecGate gate;
  Seen seen;
  ExecGate::Release sink = [this](std::uint32_t cpu, std::span<const std::byte> bytes) { take(cpu, bytes); };
  void take(std::uint32_t cpu, std::span<const std::byte> bytes) {
    wire::Head h;
    if (bytes.size() < sizeof h) {
      seen.emplace_back(0, 0);
      return;
    }
    std::memcpy(&h, bytes.data(), sizeof h);
    CHECK(cpu == h.tgid % 2);
    CHECK(bytes.size() == h.size);
    seen.emplace_back(h.hook, h.ktime);
  }
  void pass(HookId hook, std::uint32_t tgid, std::uint64_t ktime) {
    Bytes bytes = bytes_of(head(hook, tgid, ktime, 0));
    gate.pass(tgid % 2, bytes, sink);
    std::fill(bytes.begin(), bytes.end(), std::byte{0xdd});  // what waits has to be a copy
  }
};

}  // namespace

TEST_CASE("what an exec maps follows the exec; everything else passes") {
  Fixture f;
  f.pass(kHookLoad, 5, 1);
  f.pass(kHookImage, 5, 2);
  f.pass(kHookLoad, 5, 3);
  f.pass(kHookLoad, 6, 4);  // another process
  f.pass(16, 5, 5);         // a policy's hook in the same process
  f.pass(kHookLoad, 5, 6);
  f.pass(kHookExec, 6, 7);
  CHECK(f.gate.waiting() == 1);
  f.pass(kHookExec, 5, 8);
  f.pass(kHookLoad, 5, 9);
  CHECK(f.seen == Seen{{kHookLoad, 1},
                       {kHookLoad, 4},
                       {16, 5},
                       {kHookExec, 7},
                       {kHookExec, 8},
                       {kHookLoad, 3},
                       {kHookLoad, 6},
                       {kHookLoad, 9}});
  CHECK(f.gate.waiting() == 0);
}

TEST_CASE("an exec that failed half-way, was lost or never comes loses nothing") {
  Fixture f;
  SECTION("the process dies") {
    f.pass(kHookImage, 5, 2);
    f.pass(kHookLoad, 5, 3);
    f.pass(kHookExit, 5, 4);
    CHECK(f.seen == Seen{{kHookLoad, 3}, {kHookExit, 4}});
  }
  SECTION("the next exec begins") {
    f.pass(kHookImage, 5, 2);
    f.pass(kHookLoad, 5, 3);
    f.pass(kHookImage, 5, 4);
    f.pass(kHookLoad, 5, 5);
    f.pass(kHookExec, 5, 6);
    CHECK(f.seen == Seen{{kHookLoad, 3}, {kHookExec, 6}, {kHookLoad, 5}});
  }
  SECTION("time passes") {
    f.pass(kHookImage, 5, 2);
    f.pass(kHookLoad, 5, 3);
    f.pass(kHookImage, 6, 10);
    f.pass(kHookLoad, 6, 11);
    f.gate.expire(10, f.sink);
    CHECK(f.seen == Seen{{kHookLoad, 3}});
    CHECK(f.gate.waiting() == 1);
    f.gate.flush(f.sink);
    CHECK(f.seen == Seen{{kHookLoad, 3}, {kHookLoad, 11}});
  }
  SECTION("far too many mappings") {
    f.pass(kHookImage, 5, 2);
    for (std::uint64_t i = 0; i < 1000; ++i) f.pass(kHookLoad, 5, 3 + i);
    CHECK(f.seen.size() == 1000);
    for (std::uint64_t i = 0; i < 1000; ++i) CHECK(f.seen[i].second == 3 + i);
  }
  CHECK((f.gate.flush(f.sink), f.gate.waiting()) == 0);
}

TEST_CASE("a record without a head is the decoder's business") {
  Fixture f;
  f.gate.pass(0, Bytes(10), f.sink);
  CHECK(f.seen == Seen{{0, 0}});
}
