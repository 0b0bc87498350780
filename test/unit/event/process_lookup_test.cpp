// Who answers for a record: reused pids, late records, strangers, missing parents; and how much is remembered.
#include "unit/event/table_fixture.h"

using namespace burin;
using namespace burin_test;
namespace fs = std::filesystem;
using Fixture = TableFixture;

// The full numbers take two seconds; under a sanitizer on a busy machine they would come near ctest's time limit.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kShare = 10;
#else
constexpr int kShare = 1;
#endif

TEST_CASE("a reused pid is another process, however its end was told") {
  Fixture f;
  f.exec(ExecRecord(1, kMs).file("/sbin/init").in("/"));
  const auto first = f.exec(ExecRecord(600, 10 * kMs).file("/bin/first").in("/x"));
  SECTION("exit, then fork") {
    f.exit(600, 10 * kMs, 20 * kMs);
    f.clone(1, kMs, 600, 30 * kMs);
    CHECK(f.table.find(head(kFirstPolicyHook, 600, 31 * kMs, 30 * kMs))->binary == "/sbin/init");
    const auto second = f.exec(ExecRecord(600, 40 * kMs).file("/bin/second").in("/x"));
    CHECK((second->flags & kProcClone) != 0);
  }
  SECTION("exit was lost") {
    f.clone(1, kMs, 600, 30 * kMs);
    CHECK(f.exec(ExecRecord(600, 40 * kMs).file("/bin/second").in("/x"))->flags & kProcClone);
  }
  SECTION("exit and fork were lost") {
    f.exec(ExecRecord(600, 40 * kMs).file("/bin/second").in("/x"));
  }
  SECTION("a fork that ended without exec is not this exec's fork") {
    f.clone(1, kMs, 600, 30 * kMs);
    f.exit(600, 30 * kMs, 32 * kMs);
    CHECK((f.exec(ExecRecord(600, 40 * kMs).file("/bin/second").in("/x"))->flags & kProcClone) == 0);
  }
  CHECK(f.table.find(head(kFirstPolicyHook, 600, 41 * kMs, 40 * kMs))->binary == "/bin/second");
  CHECK(f.table.find(head(kFirstPolicyHook, 600, 41 * kMs, 0))->binary == "/bin/second");
  CHECK(f.table.find(head(kFirstPolicyHook, 600, 19 * kMs, 10 * kMs)) == first);  // a late record of the first
  f.exit(600, 10 * kMs, 50 * kMs);  // and its late exit ends it, not the second
  CHECK(f.table.find(head(kFirstPolicyHook, 600, 10 * kSecond, 0))->binary == "/bin/second");
}

TEST_CASE("records of an older image do not displace the newer one") {
  Fixture f;
  const auto now = f.exec(ExecRecord(8, 50 * kMs).file("/bin/new").in("/x"));
  const auto late = f.exec(ExecRecord(8, 40 * kMs).file("/bin/old").in("/x"));
  CHECK(late->binary == "/bin/old");
  CHECK(f.table.find(head(kFirstPolicyHook, 8, 60 * kMs, 0)) == now);
  CHECK(f.table.find(head(kFirstPolicyHook, 8, 30 * kMs, 20 * kMs))->known == false);
  CHECK(f.table.find(head(kFirstPolicyHook, 8, 60 * kMs, 0)) == now);
}

TEST_CASE("without an identity an ended process answers for a moment only, and never for another start") {
  Fixture f;
  ExecRecord r = ExecRecord(9, 10 * kMs).file("/bin/x").in("/x");
  r.fixed.head.start_boot = 9 * kMs;
  const auto p = f.exec(r);
  f.exit(9, 0, 20 * kMs);  // the kernel's map had lost it
  wire::Head event = head(kFirstPolicyHook, 9, 21 * kMs, 0);
  CHECK(f.table.find(event) == p);  // its sockets are closed after the exit hook
  event.start_boot = kSecond;
  CHECK(f.table.find(event) != p);

  Fixture g;
  const auto q = g.exec(ExecRecord(9, 10 * kMs).file("/bin/x").in("/x"));
  g.exit(9, 10 * kMs, 20 * kMs);
  CHECK(g.table.find(head(kFirstPolicyHook, 9, 20 * kMs + 2 * kSecond, 0)) != q);
}

TEST_CASE("a stranger is made up once, from the head, and says so") {
  Fixture f;
  wire::Head h = head(kFirstPolicyHook, 77, 5 * kSecond, 0);
  set_comm(h, "0123456789abcdef");  // 16 characters, no NUL
  h.uid = 12;
  const auto p = f.table.find(h);
  REQUIRE(p);
  CHECK_FALSE(p->known);
  CHECK(p->binary == "0123456789abcdef");
  CHECK(p->uid == 12);
  CHECK(p->json.find("unknown") != std::string::npos);
  h.ktime += kSecond;
  CHECK(f.table.find(h) == p);
  f.exit(77, 0, 7 * kSecond);
  h.ktime += 60 * kSecond;
  const auto other = f.table.find(h);
  CHECK(other != p);
  CHECK(other->exec_id != p->exec_id);

  wire::Head with_time = head(kFirstPolicyHook, 78, 5 * kSecond, 3 * kSecond);
  CHECK(f.table.find(with_time)->exec_ktime == 3 * kSecond);
}

TEST_CASE("a stranger that /proc knows is read from there, if it started when it should have") {
  Fixture f;
  f.add_proc(40, 300, "daemon");  // started at 3 s
  wire::Head h = head(kFirstPolicyHook, 40, 9 * kSecond, 0);
  h.start_boot = 8 * kSecond;
  CHECK_FALSE(f.table.find(h)->known);

  Fixture g;
  g.add_proc(40, 300, "daemon");
  h.start_boot = 3 * kSecond + 4 * kMs;
  const auto p = g.table.find(h);
  CHECK(p->known);
  CHECK((p->flags & kProcProcFs) != 0);
  CHECK(p->binary == "/proc/bin/daemon");
  CHECK(p->binary_source == "proc");
  CHECK(p->uid == 6);
  CHECK(g.table.find(h) == p);

  Fixture early;  // the record is older than the process that /proc shows
  early.add_proc(40, 300, "daemon");
  CHECK_FALSE(early.table.find(head(kFirstPolicyHook, 40, 2 * kSecond, 0))->known);

  Fixture thread;  // a thread starts after its process
  thread.add_proc(40, 300, "daemon");
  h.tid = 41;
  h.start_boot = 8 * kSecond;
  CHECK(thread.table.find(h)->known);
  Fixture kernel_time;
  kernel_time.add_proc(40, 300, "daemon");
  const auto named = kernel_time.table.find(head(kFirstPolicyHook, 40, 9 * kSecond, 7 * kSecond));
  CHECK(named->exec_ktime == 7 * kSecond);  // the kernel's identity is kept
  CHECK(named->known);
}

TEST_CASE("a missing parent is looked for in /proc, else named and flagged") {
  Fixture f;
  f.add_proc(500, 100, "father");  // started at 1 s
  const auto child = f.exec(ExecRecord(501, 5 * kSecond).parent(500, 2 * kSecond).file("/bin/x").in("/x"));
  const auto father = f.table.parent_of(*child);
  REQUIRE(father);
  CHECK(father->binary == "/proc/bin/father");
  CHECK(father->exec_ktime == 2 * kSecond);
  CHECK((child->flags & kProcMiss) == 0);
  CHECK(f.table.find(500, 2 * kSecond) == father);

  const auto orphan = f.exec(ExecRecord(502, 5 * kSecond).parent(498, 2 * kSecond).file("/bin/x").in("/x"));
  CHECK(f.table.parent_of(*orphan) == nullptr);
  CHECK((orphan->flags & kProcMiss) != 0);
  CHECK(orphan->parent_pid == 498);
  CHECK(!orphan->parent_exec_id.empty());

  // /proc shows the image that runs now, which is not the one that forked.
  f.exec(ExecRecord(500, 4 * kSecond).file("/bin/later").in("/x"));
  const auto before = f.exec(ExecRecord(505, 5 * kSecond).parent(500, 3 * kSecond).file("/bin/x").in("/x"));
  CHECK(f.table.parent_of(*before) == nullptr);
  CHECK(f.table.find(head(kFirstPolicyHook, 500, 6 * kSecond, 0))->binary == "/bin/later");

  // Without the parent's time its newest image serves, unless it is younger than the child.
  const auto loose = f.exec(ExecRecord(503, 6 * kSecond).parent(501, 0).file("/bin/x").in("/x"));
  CHECK(f.table.parent_of(*loose) == child);
  const auto older = f.exec(ExecRecord(504, 4 * kSecond).parent(501, 0).file("/bin/x").in("/x"));
  CHECK(f.table.parent_of(*older) == nullptr);

  const auto init = f.exec(ExecRecord(1, kMs).file("/sbin/init").in("/"));
  REQUIRE(f.table.parent_of(*init));
  CHECK(f.table.parent_of(*init)->pid == 0);
  CHECK((init->flags & kProcMiss) == 0);
}

TEST_CASE("a child keeps its parent after the parent's entry went") {
  Fixture f(2);
  const auto parent = f.exec(ExecRecord(60, kMs).file("/bin/parent").in("/x"));
  const auto child = f.exec(ExecRecord(61, 2 * kMs).parent(60, kMs).file("/bin/child").in("/x"));
  f.exit(60, kMs, 3 * kMs);
  for (std::uint32_t pid = 1000; pid < 1010; ++pid) {
    f.exec(ExecRecord(pid, pid * kMs).file("/bin/x").in("/x"));
    f.exit(pid, pid * kMs, pid * kMs + 1);
  }
  CHECK(f.table.find(60, kMs) == nullptr);
  CHECK(f.table.parent_of(*child) == parent);
}

TEST_CASE("ended images go in the order of their ends") {
  Fixture f(3);
  for (std::uint32_t pid = 1; pid <= 5; ++pid) f.exec(ExecRecord(pid, pid * kMs).file("/bin/x").in("/x"));
  for (const std::uint32_t pid : {4, 2, 5, 1}) f.exit(pid, pid * kMs, 100 * kMs);
  f.exit(4, 4 * kMs, 101 * kMs);  // twice is once
  CHECK(f.table.find(4, 4 * kMs) == nullptr);
  for (const std::uint32_t pid : {1, 2, 3, 5}) CHECK(f.table.find(pid, pid * kMs));
  CHECK(f.table.size() == 5);  // and the kernel
}

TEST_CASE("memory stays bounded over two million images") {
  Fixture f(256);
  f.exec(ExecRecord(1, 1).file("/sbin/init").in("/"));
  std::uint64_t now = kSecond;
  std::size_t most = 0, most_pids = 0;
  ExecRecord r = ExecRecord(2, 1).parent(1, 1).file("/bin/true").in("/").args({"true"});
  r.fixed.exec_flags |= kExecAuidKnown;  // nothing is left to look for in /proc
  for (int i = 0; i < 1'000'000 / kShare; ++i) {
    const std::uint32_t pid = 2 + static_cast<std::uint32_t>(i) % 32'000;
    const wire::Clone fork = clone_record(1, 1, pid, now += 1000);
    f.table.on_clone(fork);
    r.fixed.head.tgid = r.fixed.head.tid = r.fixed.old_tid = pid;
    r.fixed.head.ktime = r.fixed.head.exec_ktime = now += 1000;
    const Bytes bytes = r.bytes();
    f.table.on_exec(r.fixed, bytes);
    f.exit(pid, now, now + 1000);
    most = std::max(most, f.table.size());
    most_pids = std::max(most_pids, f.table.pids());
  }
  CHECK(most <= 256 + 4);
  CHECK(most_pids <= 256 + 4);
  CHECK(f.table.swept() == 0);
}

TEST_CASE("memory stays bounded when every exit is lost, and who lives is kept") {
  Fixture f(64);
  for (std::uint32_t pid = 1; pid <= 100; ++pid) {
    fs::create_directory(f.proc.path / std::to_string(pid));
    f.exec(ExecRecord(pid, kSecond + pid).file("/bin/lives").in("/"));
  }
  std::uint64_t now = 2 * kSecond;
  std::size_t most = 0;
  for (std::uint32_t pid = 1000; pid < 1000 + 200'000 / kShare; ++pid) {
    ExecRecord r = ExecRecord(pid, now += 10 * kMs).parent(1, kSecond + 1).file("/bin/true").in("/").args({"true"});
    r.fixed.exec_flags |= kExecAuidKnown;
    f.exec(r);
    most = std::max(most, f.table.size());
  }
  CHECK(most <= 3 * 4096);
  CHECK(f.table.swept() > 200'000 / kShare - 3 * 4096);
  for (std::uint32_t pid = 1; pid <= 100; ++pid) CHECK(f.table.find(pid, kSecond + pid));
  CHECK(f.table.find(999 + 200'000 / kShare, now));
}

TEST_CASE("a burst of short lives is not taken for lost exits") {
  Fixture f(64);
  for (std::uint32_t pid = 1; pid <= 20'000; ++pid) {
    ExecRecord r = ExecRecord(pid, kSecond + pid).parent(1, kSecond + 1).file("/bin/true").in("/").args({"true"});
    r.fixed.exec_flags |= kExecAuidKnown;
    f.exec(r);  // gone from /proc already, its exit record is still in a ring
  }
  CHECK(f.table.swept() == 0);
  for (std::uint32_t pid = 1; pid <= 20'000; ++pid) REQUIRE(f.table.find(pid, kSecond + pid));
}
