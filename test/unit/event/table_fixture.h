// A process table over a /proc that holds what a test puts there.
#pragma once
#include "event/process_table.h"
#include "unit/event/child.h"
#include "unit/event/make_record.h"

namespace burin_test {

inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kSecond = 1'000 * kMs;

struct TableFixture {
  TempDir proc;
  burin::WallClock clock;
  burin::ProcessTable table;
  explicit TableFixture(std::size_t max_exited = 16, const std::filesystem::path& where = {})
      : table("node-a", where.empty() ? proc.path : where, clock, max_exited) {}

  burin::ProcessPtr exec(ExecRecord& r) {
    const Bytes bytes = r.bytes();
    return table.on_exec(r.fixed, bytes);
  }
  burin::ProcessPtr exec(ExecRecord&& r) { return exec(r); }
  void clone(std::uint32_t parent, std::uint64_t parent_ktime, std::uint32_t child, std::uint64_t child_ktime) {
    CHECK(table.on_clone(clone_record(parent, parent_ktime, child, child_ktime)));
  }
  void exit(std::uint32_t tgid, std::uint64_t exec_ktime, std::uint64_t at) {
    table.on_exit(exit_record(tgid, exec_ktime, at).head);
  }
  /// A process as /proc shows it.
  void add_proc(std::uint32_t pid, std::uint64_t start_ticks, const std::string& comm) {
    const std::filesystem::path dir = proc.path / std::to_string(pid);
    std::filesystem::create_directories(dir);
    std::ofstream(dir / "stat") << pid << " (" << comm << ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " << start_ticks
                                << " 0 0\n";
    std::ofstream(dir / "status") << "Name:\t" << comm << "\nUid:\t5\t6\t7\t8\n";
    std::ofstream(dir / "loginuid") << "77";
    std::ofstream(dir / "cmdline") << comm << '\0' << "from proc" << '\0';
    std::error_code ignored;
    std::filesystem::create_symlink("/proc/says", dir / "cwd", ignored);
    std::filesystem::create_symlink("/proc/bin/" + comm, dir / "exe", ignored);
  }
};

}  // namespace burin_test
