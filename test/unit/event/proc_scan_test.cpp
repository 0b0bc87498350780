// Reads the test's own children, made as odd as they come, and a made-up /proc for what no child can show.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <thread>

#include "event/process_table.h"
#include "support/skip.h"
#include "unit/event/child.h"

using namespace burin;
using namespace burin_test;
namespace fs = std::filesystem;

namespace {

const fs::path kProc = "/proc";

SeedProcess scan(std::uint32_t pid) {
  SeedProcess out;
  REQUIRE(scan_process(kProc, pid, out));
  return out;
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

/// A stat line with the given name, state, parent, flags and start.
std::string stat_line(int pid, const std::string& comm, int ppid, unsigned flags, std::uint64_t ticks) {
  return std::to_string(pid) + " (" + comm + ") S " + std::to_string(ppid) + " 1 1 0 -1 " + std::to_string(flags) +
         " 0 0 0 0 0 0 0 0 20 0 1 0 " + std::to_string(ticks) + " 1000 10 18446744073709551615 0 0 0\n";
}

}  // namespace

TEST_CASE("a running child is seen with its arguments, directory, owner, parent and start") {
  TempDir dir;
  const fs::path odd = dir.path / "a dir\twith ) odd (name";
  fs::create_directory(odd);
  const std::uint64_t before = monotonic_ns();
  const Child child("/bin/sleep", {"sleep well", "30", "0.5", "1"}, odd);
  const SeedProcess p = scan(child.pid());
  CHECK(p.tgid == child.pid());
  CHECK(p.ppid == static_cast<std::uint32_t>(getpid()));
  CHECK(p.argv == std::vector<std::string>{"sleep well", "30", "0.5", "1"});
  CHECK(p.cwd == odd.string());
  CHECK(p.cwd_known);
  CHECK(p.binary == fs::canonical("/bin/sleep").string());
  CHECK(p.comm == "sleep");
  CHECK(p.uid == geteuid());
  CHECK_FALSE(p.args_truncated);
  // Ticks are rounded down.
  CHECK(p.exec_ktime + 20'000'000 >= before);
  CHECK(p.exec_ktime <= monotonic_ns());
  CHECK(p.parent_ktime == scan(static_cast<std::uint32_t>(getpid())).exec_ktime);
}

TEST_CASE("empty arguments are kept, the zeros behind a rewritten title are not") {
  const Child odd("/bin/sh", {"sh", "-c", "sleep 30; :", "", "x y", ""}, "/");
  CHECK(scan(odd.pid()).argv == std::vector<std::string>{"sh", "-c", "sleep 30; :", "", "x y", ""});

  TempDir dir;
  write_file(dir.path / "7/stat", stat_line(7, "nginx", 1, 0, 5));
  write_file(dir.path / "7/status", "Name:\tnginx\nUid:\t0\t33\t0\t0\n");
  write_file(dir.path / "7/cmdline", std::string("nginx: worker process\0\0\0\0\0", 26));
  SeedProcess p;
  REQUIRE(scan_process(dir.path, 7, p));
  CHECK(p.argv == std::vector<std::string>{"nginx: worker process"});
}

TEST_CASE("a script is its interpreter with the script as argument") {
  TempDir dir;
  const fs::path script = dir.path / "run me.sh";
  write_file(script, "#!/bin/sh -e\nsleep 30\n:\n");
  chmod(script.c_str(), 0755);
  const Child child(script, {"ignored", "one", "two words"}, "/");
  const SeedProcess p = scan(child.pid());
  CHECK(p.binary == fs::canonical("/bin/sh").string());
  CHECK(p.argv == std::vector<std::string>{"/bin/sh", "-e", script.string(), "one", "two words"});
  CHECK(p.comm == "run me.sh");
  CHECK(p.cwd == "/");
}

TEST_CASE("names with spaces and parentheses do not shift the numbers behind them") {
  TempDir dir;
  const fs::path binary = dir.path / ") S 1 (x) 9";
  fs::copy_file("/bin/sleep", binary);
  const Child child(binary, {"sleep", "30"}, "/");
  const SeedProcess p = scan(child.pid());
  CHECK(p.comm == ") S 1 (x) 9");
  CHECK(p.binary == binary.string());
  CHECK(p.ppid == static_cast<std::uint32_t>(getpid()));

  fs::rename(binary, dir.path / "renamed");
  CHECK(scan(child.pid()).binary == (dir.path / "renamed").string());
  fs::remove(dir.path / "renamed");
  CHECK(scan(child.pid()).binary == (dir.path / "renamed").string() + " (deleted)");
}

TEST_CASE("uid is the effective one") {
  if (geteuid() != 0) {
    return skip("effective uid of another process: needs root to change ids");
  }
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const Child child([&] {
    if (setresuid(0, 1234, 0) != 0 || write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  });
  char c;
  REQUIRE(read(ready[0], &c, 1) == 1);
  CHECK(scan(child.pid()).uid == 1234);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("init, kernel threads and the kernel") {
  const std::vector<SeedProcess> all = scan_proc(kProc);
  REQUIRE(!all.empty());
  CHECK(all.front().tgid == 1);
  CHECK(all.front().parent_ktime == kKernelKtime);
  CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.tgid < b.tgid; }));
  const auto kthreadd = std::find_if(all.begin(), all.end(), [](const auto& p) { return p.tgid == 2; });
  if (kthreadd == all.end() || kthreadd->comm != "kthreadd") return;  // another pid namespace
  CHECK(kthreadd->binary == "[kthreadd]");
  CHECK(kthreadd->argv.empty());
  CHECK(kthreadd->parent_ktime == kKernelKtime);
  for (const SeedProcess& p : all) {
    CAPTURE(p.tgid, p.binary);
    CHECK(p.exec_ktime != 0);
    if (p.ppid == 2 && p.argv.empty()) CHECK(p.binary == '[' + p.comm + ']');
  }
}

TEST_CASE("a scan finds each child, links it to its parent and repeats to the nanosecond") {
  const Child a("/bin/sleep", {"sleep", "30"}, "/");
  const Child b("/bin/sh", {"sh", "-c", "sleep 30; :"}, "/tmp");
  const auto first = scan_proc(kProc);
  const auto second = scan_proc(kProc);
  for (const std::uint32_t pid : {a.pid(), b.pid()}) {
    const auto is = [&](const SeedProcess& p) { return p.tgid == pid; };
    const auto one = std::find_if(first.begin(), first.end(), is);
    const auto two = std::find_if(second.begin(), second.end(), is);
    REQUIRE(one != first.end());
    REQUIRE(two != second.end());
    CHECK(one->exec_ktime == two->exec_ktime);
    CHECK(one->exec_ktime == scan(pid).exec_ktime);
    const auto parent = std::find_if(first.begin(), first.end(), [&](const auto& p) { return p.tgid == one->ppid; });
    REQUIRE(parent != first.end());
    CHECK(one->parent_ktime == parent->exec_ktime);
  }
}

TEST_CASE("ended processes are left out, one whose main thread ended is not") {
  const Child zombie([] { _exit(3); });
  REQUIRE(eventually([&] {
    std::ifstream in("/proc/" + std::to_string(zombie.pid()) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return text.find(") Z ") != text.npos;
  }));
  SeedProcess p;
  CHECK_FALSE(scan_process(kProc, zombie.pid(), p));
  for (const SeedProcess& each : scan_proc(kProc)) CHECK(each.tgid != zombie.pid());

  const Child headless([] {
    std::thread([] { sleep(30); }).detach();
    syscall(SYS_exit, 0);  // this thread only; pthread_exit would unwind into the test runner
  });
  REQUIRE(eventually([&] {
    std::ifstream in("/proc/" + std::to_string(headless.pid()) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return text.find(") Z ") != text.npos;
  }));
  REQUIRE(scan_process(kProc, headless.pid(), p));
  CHECK(p.binary == fs::read_symlink("/proc/self/exe").string());
  CHECK(!p.argv.empty());

  Child gone("/bin/sleep", {"sleep", "30"}, "/");
  const std::uint32_t pid = gone.pid();
  gone.end();
  CHECK_FALSE(scan_process(kProc, pid, p));
}

TEST_CASE("a very long command line is cut and says so") {
  const Child child("/bin/sh", {"sh", "-c", "sleep 30; :", std::string(100'000, 'x')}, "/");
  const SeedProcess p = scan(child.pid());
  CHECK(p.args_truncated);
  REQUIRE(p.argv.size() == 4);
  CHECK(p.argv[3].size() > 10'000);
  CHECK(p.argv[3].size() < 100'000);
}

TEST_CASE("what cannot be read is flagged, not invented") {
  TempDir dir;
  const fs::path p7 = dir.path / "7";
  write_file(p7 / "stat", stat_line(7, "we (ird) x", 6, 0, 250));
  write_file(p7 / "status", "Name:\twe (ird) x\nUid:\t10\t20\t30\t40\n");
  write_file(p7 / "cmdline", "relative\0arg\0");
  SeedProcess p;
  REQUIRE(scan_process(dir.path, 7, p));
  CHECK(p.comm == "we (ird) x");
  CHECK(p.binary == "we (ird) x");
  CHECK_FALSE(p.cwd_known);
  CHECK(p.cwd.empty());
  CHECK(p.uid == 20);
  CHECK(p.auid == 0xffffffff);
  CHECK(p.ppid == 6);
  CHECK(p.parent_ktime == 0);
  CHECK(p.start_boot == 2'500'000'000);

  write_file(p7 / "loginuid", "1000");
  fs::create_directory_symlink("/some/where", p7 / "cwd");
  fs::create_symlink("/usr/bin/thing (deleted)", p7 / "exe");
  REQUIRE(scan_process(dir.path, 7, p));
  CHECK(p.auid == 1000);
  CHECK(p.cwd == "/some/where");
  CHECK(p.binary == "/usr/bin/thing (deleted)");

  for (const char* broken : {"", "7", "7 (x", "7 (x)", "7 (x) S", "7 (x) S 1 2 3", "7 (x) S a b c d e f"}) {
    write_file(p7 / "stat", broken);
    CAPTURE(broken);
    CHECK_FALSE(scan_process(dir.path, 7, p));
  }
  CHECK(scan_proc(dir.path / "nothing").empty());
}

TEST_CASE("a parent with a higher pid is found; ppid 0 is the kernel for pids 1 and 2 only") {
  TempDir dir;
  const auto add = [&](int pid, int ppid, std::uint64_t ticks) {
    write_file(dir.path / std::to_string(pid) / "stat", stat_line(pid, "p", ppid, 0, ticks));
    write_file(dir.path / std::to_string(pid) / "status", "Name:\tp\nUid:\t0\t0\t0\t0\n");
  };
  add(1, 0, 1);
  add(300, 30000, 700);
  add(30000, 1, 600);
  add(40, 0, 800);   // parent in another pid namespace
  add(50, 49, 900);  // parent gone
  write_file(dir.path / "self/stat", "not a pid");
  const auto all = scan_proc(dir.path);
  REQUIRE(all.size() == 5);
  CHECK(all[0].parent_ktime == kKernelKtime);
  CHECK(all[1].tgid == 40);
  CHECK(all[1].parent_ktime == 0);
  CHECK(all[2].parent_ktime == 0);
  CHECK(all[3].tgid == 300);
  CHECK(all[3].parent_ktime == all[4].exec_ktime);
  CHECK(all[4].parent_ktime == all[0].exec_ktime);
  SeedProcess one;
  REQUIRE(scan_process(dir.path, 300, one));
  CHECK(one.parent_ktime == all[4].exec_ktime);
}

TEST_CASE("boot time becomes monotonic time; older than the suspend is the earliest there is") {
  CHECK(monotonic_start(5'000, 0) == 5'000);
  CHECK(monotonic_start(5'000, 4'000) == 1'000);
  CHECK(monotonic_start(5'000, 5'000) == 1);
  CHECK(monotonic_start(5'000, 9'000) == 1);
}
