// The life of processes in the table, from records made here; /proc is an empty directory unless a test says otherwise.
#include "unit/event/table_fixture.h"

using namespace burin;
using namespace burin_test;
namespace fs = std::filesystem;
using Fixture = TableFixture;

TEST_CASE("an identity is Tetragon's: base64 of node:ktime:pid") {
  Fixture f;
  const auto p = f.exec(ExecRecord(4211, 12345678901234).file("/usr/bin/curl").args({"curl"}).in("/"));
  REQUIRE(p);
  CHECK(p->exec_id == "bm9kZS1hOjEyMzQ1Njc4OTAxMjM0OjQyMTE=");
  CHECK(p->start_wall_ns == f.clock.wall_ns(12345678901234));
  CHECK(p->json.find(p->exec_id) != std::string::npos);
}

TEST_CASE("pid 0 is there from the start and is nobody's child") {
  Fixture f;
  const auto kernel = f.table.find(0, kKernelKtime);
  REQUIRE(kernel);
  CHECK(kernel->binary == "<kernel>");
  CHECK(kernel->exec_id == "bm9kZS1hOjE6MA==");
  CHECK(kernel->flags == kProcProcFs);
  CHECK(f.table.parent_of(*kernel) == nullptr);
  CHECK(f.table.find(head(kFirstPolicyHook, 0, 5, 0)) == kernel);  // an interrupt of the idle task
}

TEST_CASE("fork, exec, exec again, exit") {
  Fixture f;
  const auto shell = f.exec(ExecRecord(100, 10 * kMs).file("/bin/sh").args({"sh", "-i"}).in("/root"));
  CHECK(shell->flags == (kProcExecve | kProcMiss));

  wire::Clone fork = clone_record(100, 10 * kMs, 200, 20 * kMs);
  fork.head.uid = 44;
  CHECK(f.table.on_clone(fork));
  const auto forked = f.table.find(200, 20 * kMs);
  REQUIRE(forked);
  CHECK(forked->flags == kProcClone);
  CHECK(forked->binary == "/bin/sh");
  CHECK(forked->arguments == "-i");
  CHECK(forked->cwd == "/root");
  CHECK(forked->uid == 44);
  CHECK(forked->exec_id != shell->exec_id);
  CHECK(forked->parent_exec_id == shell->exec_id);
  CHECK(f.table.parent_of(*forked) == shell);
  CHECK(forked->json.find(forked->exec_id) != std::string::npos);

  const auto curl =
      f.exec(ExecRecord(200, 30 * kMs).parent(100, 10 * kMs).file("/usr/bin/curl").args({"curl", "-s"}).in("/"));
  CHECK(curl->flags == (kProcExecve | kProcRootCwd | kProcClone));
  CHECK(curl->parent_exec_id == shell->exec_id);
  CHECK(curl->parent_pid == 100);
  CHECK(f.table.parent_of(*curl) == shell);

  const auto again = f.exec(ExecRecord(200, 40 * kMs).parent(100, 10 * kMs).file("/bin/cat").in("/tmp"));
  CHECK((again->flags & kProcClone) == 0);
  CHECK(f.table.find(200, 40 * kMs) == again);
  CHECK(f.table.find(200, 30 * kMs) == curl);  // a late record still finds the replaced image

  const auto at_exit = f.table.find(exit_record(200, 40 * kMs, 50 * kMs).head);
  CHECK(at_exit == again);
  f.exit(200, 40 * kMs, 50 * kMs);
  CHECK(f.table.find(200, 40 * kMs) == again);
}

TEST_CASE("an exec on top of an image from /proc is no clone") {
  Fixture f;
  SeedProcess bash;
  bash.tgid = 70;
  bash.ppid = 1;
  bash.exec_ktime = 5 * kMs;
  bash.binary = "/bin/bash";
  f.table.seed({bash});
  const auto p = f.exec(ExecRecord(70, 9 * kMs).file("/bin/ls").in("/x"));
  CHECK((p->flags & (kProcClone | kProcExecve | kProcProcFs)) == kProcExecve);
}

TEST_CASE("the binary is what was handed to execve") {
  Fixture f;
  auto binary = [&f, ktime = kMs](std::string filename, std::string exe, std::string cwd,
                                  std::uint32_t flags = kExecExeKnown) mutable {
    ExecRecord r(50, ktime += kMs);
    r.filename = std::move(filename);
    r.exe = std::move(exe);
    r.fixed.exec_flags = flags;
    if (!cwd.empty()) r.in(std::move(cwd));
    r.args({"x"});
    return f.exec(r);
  };
  CHECK(binary("/bin/sh", "/usr/bin/dash", "/")->binary == "/bin/sh");          // a link stays
  CHECK(binary("/opt/run.sh", "/usr/bin/dash", "/")->binary == "/opt/run.sh");  // the script, not /bin/sh
  CHECK(binary("./run.sh", "/usr/bin/dash", "/opt/app")->binary == "/opt/app/run.sh");
  CHECK(binary("run.sh", "/usr/bin/dash", "/")->binary == "/run.sh");
  CHECK(binary("../../.././a//./b/../c", "/x", "/opt/app")->binary == "/a/c");
  CHECK(binary("..", "/x", "/opt")->binary == "/");
  CHECK(binary("/dev/fd/5", "/usr/bin/true", "/")->binary == "/usr/bin/true");      // fexecve
  CHECK(binary("/dev/fd/5/sub", "/usr/bin/true", "/")->binary == "/usr/bin/true");  // execveat below a directory
  CHECK(binary("", "/memfd:x (deleted)", "/")->binary == "/memfd:x (deleted)");
  CHECK(binary("/bin/sh", "", "/", 0)->binary_source == "kernel");

  const auto lost = binary("/dev/fd/5", "cut/off/true", "/", kExecExeKnown | kExecExeTruncated);
  CHECK(lost->binary == "/dev/fd/5");
  CHECK((lost->flags & kProcErrorFilename) != 0);
}

TEST_CASE("arguments are joined as Tetragon joins them, and none is lost") {
  Fixture f;
  const auto arguments = [&](std::vector<std::string> argv) {
    return f.exec(ExecRecord(51, kMs).file("/bin/x").in("/x").args(std::move(argv)))->arguments;
  };
  CHECK(arguments({"x"}) == "");
  CHECK(arguments({"x", "-a", "b"}) == "-a b");
  CHECK(arguments({"x", "two words", "c"}) == "\"two words\" c");
  CHECK(arguments({"x", "", "c", ""}) == "\"\" c \"\"");
  CHECK(arguments({"x", "say \"hi\" now"}) == "\"say \"hi\" now\"");
  CHECK(arguments({"", "a"}) == "a");
  CHECK(arguments({"x", "tab\there", "\xff\xfe"}) == "tab\there \xff\xfe");
}

TEST_CASE("cut, missing and copied arguments say so") {
  Fixture f;
  ExecRecord cut = ExecRecord(52, kMs).file("/bin/x").in("/x").args({"x", "aaa", "bb"});
  cut.missing_args = 10;
  const auto p = f.exec(cut);
  CHECK(p->arguments == "aaa bb");
  CHECK((p->flags & kProcTruncArgs) != 0);
  CHECK(p->args_source == "kernel");

  ExecRecord copied = ExecRecord(52, 2 * kMs).file("/bin/x").in("/x").args({"x", "1"});
  copied.fixed.exec_flags |= kExecArgsFromEntry;
  CHECK(f.exec(copied)->args_source == "entry");
  CHECK((f.exec(copied)->flags & (kProcTruncArgs | kProcErrorArgs)) == 0);

  ExecRecord fault = ExecRecord(52, 3 * kMs).file("/bin/x").in("/x");
  fault.fixed.exec_flags |= kExecArgsFault;
  const auto without = f.exec(fault);
  CHECK((without->flags & kProcErrorArgs) != 0);
  CHECK(without->args_source.empty());
}

TEST_CASE("what the kernel left open comes from /proc while it is the same image, else from the image before") {
  Fixture f;
  const auto shell = f.exec(ExecRecord(100, kSecond).file("/bin/sh").in("/home"));
  f.clone(100, kSecond, 300, 2 * kSecond);
  f.add_proc(300, 200, "tool");  // ticks of 10 ms: started at 2 s

  ExecRecord bare = ExecRecord(300, 3 * kSecond).parent(100, kSecond).file("tool");
  set_comm(bare.fixed.head, "tool");
  const auto p = f.exec(bare);
  CHECK(p->cwd == "/proc/says");
  CHECK(p->cwd_source == "proc");
  CHECK((p->flags & kProcErrorCwd) == 0);
  CHECK(p->binary == "/proc/says/tool");
  CHECK(p->binary_source == "proc");
  CHECK(p->arguments == "\"from proc\"");
  CHECK(p->args_source == "proc");
  CHECK(p->auid == 77);
  CHECK(p->auid_source == "proc");
  CHECK(p->uid == 0);  // the record's, always

  // Another name: /proc shows a later image.
  ExecRecord other = ExecRecord(300, 4 * kSecond).parent(100, kSecond).file("other");
  set_comm(other.fixed.head, "other");
  const auto q = f.exec(other);
  CHECK(q->cwd == "/proc/says");  // of the image before
  CHECK(q->cwd_source == "inherited");
  CHECK((q->flags & kProcErrorCwd) != 0);
  CHECK(q->binary == "/proc/says/other");
  CHECK((q->flags & kProcErrorArgs) != 0);
  CHECK(q->auid == 77);
  CHECK(q->auid_source == "inherited");

  // Another start: /proc shows another process.
  ExecRecord reused = ExecRecord(300, 5 * kSecond).file("tool");
  set_comm(reused.fixed.head, "tool");
  reused.fixed.head.start_boot = 4 * kSecond;
  CHECK((f.exec(reused)->flags & kProcErrorArgs) != 0);
  ExecRecord same = ExecRecord(300, 6 * kSecond).file("tool");
  set_comm(same.fixed.head, "tool");
  same.fixed.head.start_boot = 2 * kSecond + 9 * kMs;
  CHECK(f.exec(same)->args_source == "proc");

  const auto alone = f.exec(ExecRecord(999, 3 * kSecond).file("tool"));
  CHECK((alone->flags & kProcNoCwd) != 0);
  CHECK((alone->flags & kProcErrorFilename) != 0);
  CHECK(alone->binary == "tool");
  CHECK(alone->auid == 0xffffffff);
  CHECK(alone->auid_source.empty());
}

TEST_CASE("auid: the record's, else /proc's, else the parent's") {
  Fixture f;
  ExecRecord known = ExecRecord(10, kSecond).file("/bin/a").in("/a").args({"a"});
  known.fixed.exec_flags |= kExecAuidKnown;
  known.fixed.auid = 1000;
  CHECK(f.exec(known)->auid == 1000);
  CHECK(f.exec(known)->auid_source.empty());
  CHECK(f.exec(ExecRecord(11, 2 * kSecond).parent(10, kSecond).file("/bin/b").in("/a").args({"b"}))->auid == 1000);
}

TEST_CASE("an exec record can be wrong in its tail, not only in its size") {
  Fixture f;
  const std::size_t before = f.table.size();
  ExecRecord good = ExecRecord(5, kMs).file("/bin/x").in("/").args({"x", "y"});
  const Bytes bytes = good.bytes();
  for (auto member : {&wire::Exec::exe, &wire::Exec::filename, &wire::Exec::cwd, &wire::Exec::args}) {
    wire::Exec bad = good.fixed;
    bad.*member = {static_cast<std::uint16_t>(bytes.size() - 3), 4};
    CHECK(f.table.on_exec(bad, bytes) == nullptr);
    bad.*member = {0xffff, 0xffff};
    CHECK(f.table.on_exec(bad, bytes) == nullptr);
    bad.*member = {8, 4};  // inside the fixed part
    CHECK(f.table.on_exec(bad, bytes) == nullptr);
    bad.*member = {0, 0};
    CHECK(f.table.on_exec(bad, bytes) != nullptr);
  }
  wire::Exec idle = good.fixed;
  idle.head.tgid = 0;
  CHECK(f.table.on_exec(idle, bytes) == nullptr);
  CHECK_FALSE(f.table.on_clone(clone_record(5, kMs, 0, 2 * kMs)));
  CHECK(f.table.find(0, kKernelKtime)->binary == "<kernel>");
  CHECK(f.table.size() == before + 1);
}

TEST_CASE("CLONE_PARENT: the creator's image below the creator's parent") {
  Fixture f;
  const auto top = f.exec(ExecRecord(20, kMs).file("/bin/top").in("/x"));
  const auto creator = f.exec(ExecRecord(21, 2 * kMs).parent(20, kMs).file("/bin/creator").in("/x"));
  wire::Clone c = clone_record(21, 2 * kMs, 22, 3 * kMs);
  c.child_ppid = 20;
  c.child_parent_ktime = kMs;
  CHECK(f.table.on_clone(c));
  const auto child = f.table.find(22, 3 * kMs);
  REQUIRE(child);
  CHECK(child->binary == "/bin/creator");
  CHECK(f.table.parent_of(*child) == top);
  CHECK(child->parent_exec_id == top->exec_id);
}

TEST_CASE("an exec by a second thread follows a false exit of the first one") {
  Fixture f;
  f.exec(ExecRecord(1, kMs).file("/sbin/init").in("/"));
  f.clone(1, kMs, 30, 10 * kMs);
  f.exit(30, 10 * kMs, 20 * kMs);
  ExecRecord r = ExecRecord(30, 21 * kMs).file("/bin/x").args({"x"});
  r.fixed.old_tid = 31;
  const auto p = f.exec(r);
  CHECK((p->flags & kProcClone) != 0);
  CHECK(p->cwd == "/");
  CHECK(f.table.parent_of(*p)->pid == 1);  // the record did not say
  CHECK(f.table.find(head(kFirstPolicyHook, 30, 10 * kSecond, 0)) == p);
}

TEST_CASE("seeding links parents by pid and returns everybody in pid order, the kernel first") {
  Fixture f;
  const auto make = [](std::uint32_t pid, std::uint32_t ppid, std::uint64_t ktime) {
    SeedProcess p;
    p.tgid = pid;
    p.ppid = ppid;
    p.exec_ktime = ktime;
    p.binary = "/bin/p" + std::to_string(pid);
    p.argv = {"p", "a b"};
    p.cwd = "/";
    p.cwd_known = true;
    p.auid = 3;
    return p;
  };
  std::vector<SeedProcess> seeds{make(300, 30000, 7 * kMs), make(30000, 1, 6 * kMs), make(1, 0, kMs),
                                 make(40, 0, 8 * kMs), make(50, 49, 9 * kMs)};
  seeds[2].parent_ktime = kKernelKtime;
  seeds[4].cwd_known = false;
  seeds[4].cwd.clear();
  seeds[4].args_truncated = true;
  const auto all = f.table.seed(seeds);
  REQUIRE(all.size() == 6);
  const std::vector<std::uint32_t> order{0, 1, 40, 50, 300, 30000};
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(all[i]->pid == order[i]);
  CHECK(all[0]->binary == "<kernel>");
  CHECK(f.table.parent_of(*all[1]) == all[0]);
  CHECK(all[1]->parent_exec_id == all[0]->exec_id);
  CHECK(all[1]->flags == (kProcProcFs | kProcRootCwd));
  CHECK(all[1]->arguments == "\"a b\"");
  CHECK(f.table.parent_of(*all[4]) == all[5]);
  CHECK(all[4]->parent_exec_id == all[5]->exec_id);
  CHECK(f.table.parent_of(*all[2]) == nullptr);  // ppid 0, but not init
  CHECK(all[2]->flags == (kProcProcFs | kProcRootCwd | kProcMiss));
  CHECK(all[3]->flags == (kProcProcFs | kProcErrorCwd | kProcTruncArgs | kProcMiss));
  CHECK(all[5]->start_wall_ns == f.clock.wall_ns(6 * kMs));

  // A fork of a seeded process, seen by the kernel under the seed's identity.
  f.clone(300, 7 * kMs, 301, 20 * kMs);
  CHECK(f.table.find(301, 20 * kMs)->parent_exec_id == all[4]->exec_id);
  CHECK(f.table.find(301, 20 * kMs)->auid == 3);
}

TEST_CASE("real children, told of as barely as a kernel without layouts can") {
  TempDir dir;
  const fs::path odd = dir.path / "odd (dir) ";
  fs::create_directory(odd);
  fs::copy_file("/bin/sh", odd / "my shell");
  Fixture f(16, "/proc");
  Child child(odd / "my shell", {"x", "-c", "sleep 30; :", "0 "}, odd);

  ExecRecord r(child.pid(), monotonic_ns());
  r.file("./my shell").parent(static_cast<std::uint32_t>(getpid()), 0);
  set_comm(r.fixed.head, "my shell");
  const auto p = f.exec(r);
  CHECK(p->cwd == odd.string());
  CHECK(p->binary == (odd / "my shell").string());
  CHECK(p->arguments == "-c \"sleep 30; :\" \"0 \"");
  CHECK(p->args_source == "proc");
  const auto parent = f.table.parent_of(*p);
  REQUIRE(parent);
  CHECK(parent->binary == fs::read_symlink("/proc/self/exe").string());
  CHECK((parent->flags & kProcProcFs) != 0);

  // Unnamed by the kernel, but alive: /proc's word. Gone: the name only.
  Fixture g(16, "/proc");
  wire::Head h = head(kFirstPolicyHook, child.pid(), monotonic_ns(), 0);
  set_comm(h, "my shell");
  CHECK(g.table.find(h)->binary == (odd / "my shell").string());
  Fixture late(16, "/proc");
  child.end();
  CHECK(late.table.find(h)->binary == "my shell");
  CHECK_FALSE(late.table.find(h)->known);
}

TEST_CASE("this machine's processes can be seeded; each but the oldest has its parent") {
  Fixture f(16, "/proc");
  const auto all = f.table.seed(scan_proc("/proc"));
  const auto me = std::find_if(all.begin(), all.end(),
                               [](const auto& p) { return p->pid == static_cast<std::uint32_t>(getpid()); });
  REQUIRE(me != all.end());
  CHECK((*me)->binary == fs::read_symlink("/proc/self/exe").string());
  REQUIRE(f.table.parent_of(**me));
  CHECK(f.table.parent_of(**me)->pid == static_cast<std::uint32_t>(getppid()));
  CHECK(f.table.find(head(kFirstPolicyHook, getpid(), monotonic_ns(), (*me)->exec_ktime)) == *me);
}
