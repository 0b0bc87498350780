#include "discovery/process_memory.h"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "discovery/files.h"
#include "discovery/proc_facts.h"
#include "discovery/tasks.h"

namespace burin {
namespace {

std::size_t mm_size(KernelMemory& memory) {
  return std::min<std::size_t>(memory.object_size("mm_struct", 1024), 4096);
}
/// Fields of /proc/PID/stat.
constexpr std::size_t kArgStart = 48, kArgEnd = 49;

}  // namespace

void pose_arguments(const std::vector<std::uint64_t>& stat, bool end, ChildReport& out) {
  prctl_mm_map map{};
  map.start_code = stat[26];
  map.end_code = stat[27];
  map.start_stack = stat[28];
  map.start_data = stat[45];
  map.end_data = stat[46];
  map.start_brk = stat[47];
  map.brk = static_cast<std::uint64_t>(::syscall(SYS_brk, 0));
  map.arg_start = stat[kArgStart] + (end ? 0 : 1);
  map.arg_end = stat[kArgEnd] - (end ? 1 : 0);
  map.env_start = stat[50];
  map.env_end = stat[51];
  map.exe_fd = static_cast<std::uint32_t>(-1);
  // Needs no privilege, but a kernel that can restore checkpoints; the other call is the other way round.
  if (::prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) != 0 &&
      ::prctl(PR_SET_MM, end ? PR_SET_MM_ARG_END : PR_SET_MM_ARG_START, end ? map.arg_end : map.arg_start, 0, 0) != 0)
    return;
  out.arg_start = map.arg_start;
  out.arg_end = map.arg_end;
}

namespace {

/// One process's struct mm_struct, and what is known of it.
struct KnownSpace {
  Bytes mm;
  std::uint64_t arg_start, arg_end;
};

/// Offsets of arg_start and arg_end.
using Ends = std::pair<Offsets, Offsets>;

Ends moved_arguments(const std::vector<KnownSpace>& spaces) {
  std::vector<Sight<std::uint64_t>> starts, ends;
  for (const auto& space : spaces) {
    starts.push_back({space.mm, space.arg_start});
    ends.push_back({space.mm, space.arg_end});
  }
  return {agreeing(starts), agreeing(ends)};
}

/// "arg_start, arg_end, env_start, env_end", in this order.
Ends ordered_arguments(const Bytes& mm, const std::vector<std::uint64_t>& stat) {
  const Offsets at = words_where(mm, [&](std::uint32_t offset, std::uint64_t) {
    for (std::uint32_t i = 0; i < 4; ++i)
      if (!mm.holds(offset + 8 * i, stat[kArgStart + i])) return false;
    return true;
  });
  return {at, at.size() == 1 ? Offsets{at[0] + 8} : Offsets()};
}

/// Kernel threads have no mm, and the active_mm of another while they run: the first task of all, which all parents
/// lead to, runs when a CPU has nothing to do.
struct Chosen {
  std::uint32_t offset = 0;
  const char* how = "";
};
Chosen tell_mm_from_active_mm(KernelMemory& memory, const Subject& thread, const Offsets& both,
                              const Findings& findings) {
  if (both.size() != 2) return {both.size() == 1 ? both[0] : UINT32_MAX, ""};
  if (const auto up = ancestors(memory, thread, findings); !up.empty()) {
    const bool first = memory.pointer_at(up.back() + both[0]) != 0,
               second = memory.pointer_at(up.back() + both[1]) != 0;
    if (first != second) return {both[first ? 1 : 0], "; null in the kernel's first task"};
  }
  // Structures are in order of declaration here: "mm; active_mm;".
  const bool ordered = findings.offset("task_struct.tgid") == findings.offset("task_struct.pid").value_or(0) + 4;
  if (ordered && both[1] == both[0] + 8) return {both[0], "; before active_mm"};
  return {UINT32_MAX, ""};
}

}  // namespace

void find_arguments(KernelMemory& memory, const Subject& thread,
                    const std::vector<std::pair<const Subject*, const ChildReport*>>& children, Findings& findings) {
  const auto stat = proc_stat("/proc/self/stat");
  if (!stat[kArgStart] || children.size() < 2) return;
  const bool moved = std::ranges::all_of(children, [](const auto& child) { return child.second->arg_start != 0; });
  struct Way {
    std::uint32_t mm, start, end;
  };
  std::vector<Way> found;
  for (const std::uint32_t mm : pointers_in(memory, thread.task)) {
    std::vector<KnownSpace> spaces{
        {memory.at(thread.task.pointer(mm), mm_size(memory)), stat[kArgStart], stat[kArgEnd]}};
    if (agreeing<std::uint64_t>({{spaces[0].mm, stat[kArgStart]}}).empty()) continue;
    for (const auto& [child, report] : children)
      spaces.push_back({memory.at(child->task.pointer(mm), mm_size(memory)), report->arg_start, report->arg_end});
    const auto [starts, ends] = moved ? moved_arguments(spaces) : ordered_arguments(spaces[0].mm, stat);
    if (starts.size() == 1 && ends.size() == 1) found.push_back({mm, starts[0], ends[0]});
  }
  // active_mm is the same for whoever has an mm.
  Offsets both;
  for (const Way& way : found) both.push_back(way.mm);
  const Chosen mm = tell_mm_from_active_mm(memory, thread, both, findings);
  std::erase_if(found, [&](const Way& way) { return way.mm != mm.offset; });
  if (found.size() != 1) return;
  const std::string how = moved ? "fields 48 and 49 of /proc/self/stat; children that moved one of them by a byte"
                                : "fields 48 to 51 of /proc/self/stat, in their order";
  findings.accept("task_struct.mm", found[0].mm, 8, how + mm.how);
  findings.accept("mm_struct.arg_start", found[0].start, 8, how);
  findings.accept("mm_struct.arg_end", found[0].end, 8, how);
}

void find_program(KernelMemory& memory, const Subject& thread, const Subject& child, int opened, Findings& findings) {
  const auto mm = findings.offset("task_struct.mm"), path = findings.offset("file.f_path");
  const auto dentry = findings.offset("path.dentry"), name = findings.offset("dentry.d_name"),
             text = findings.offset("qstr.name");
  const std::uint64_t file = file_of(memory, thread, opened, findings);
  if (!mm || !path || !dentry || !name || !text || !file) return;
  const Bytes same = memory.at(file + *path, 16);
  if (same.size() < 16 ||
      base_name(link_target("/proc/self/exe")) != memory.text(memory.pointer_at(same.pointer(*dentry) + *name + *text)))
    return;
  const auto runs = [&](const Subject& subject) {
    const Bytes space = memory.at(subject.task.pointer(*mm), mm_size(memory));
    return words_where(space, [&](std::uint32_t, std::uint64_t word) {
      if (!memory.plausible(word) || word == file) return false;
      const Bytes at = memory.at(word + *path, 16);
      return at.size() == 16 && at.pointer(0) == same.pointer(0) && at.pointer(8) == same.pointer(8);
    });
  };
  const Offsets here = runs(thread);
  if (here == runs(child))
    findings.accept_one("mm_struct.exe_file", here, 8,
                        "the path of an opened /proc/self/exe, here and in a child; its name is that of the link");
}

}  // namespace burin
