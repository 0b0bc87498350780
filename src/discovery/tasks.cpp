#include "discovery/tasks.h"

#include <time.h>
#include <unistd.h>

#include "discovery/proc_facts.h"

namespace burin {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
/// Longest way up to the first task of all.
constexpr int kGenerations = 64;

std::vector<Sight<std::uint32_t>> ids(const std::vector<const Subject*>& tasks, std::uint32_t Introduced::*id) {
  std::vector<Sight<std::uint32_t>> sights;
  for (const Subject* t : tasks) sights.push_back({t->task, t->who.*id});
  return sights;
}

}  // namespace

std::uint64_t boottime_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

void find_ids(const std::vector<const Subject*>& tasks, Findings& findings) {
  findings.accept_one("task_struct.pid", agreeing(ids(tasks, &Introduced::tid)), 4,
                      "bpf_get_current_pid_tgid() of every thread, in tasks of three processes");
  findings.accept_one("task_struct.tgid", agreeing(ids(tasks, &Introduced::tgid)), 4,
                      "bpf_get_current_pid_tgid() of every thread, in tasks of three processes");
}

void find_leader(KernelMemory& memory, const Subject& thread, const Subject& other_thread, const Subject& child,
                 Findings& findings) {
  const auto tgid = findings.offset("task_struct.tgid"), pid = findings.offset("task_struct.pid");
  if (!tgid || !pid) return;
  const Offsets candidates = words_where(thread.task, [&](std::uint32_t offset, std::uint64_t word) {
    if (!memory.plausible(word) || word == thread.who.task) return false;
    if (other_thread.task.pointer(offset) != word || child.task.pointer(offset) != child.who.task) return false;
    const Bytes leader = memory.at(word, std::max(*tgid, *pid) + 4);
    return leader.holds(*pid, thread.who.tgid) && leader.holds(*tgid, thread.who.tgid);
  });
  findings.accept_one("task_struct.group_leader", candidates, 8,
                      "the same in two threads, a task whose pid is their tgid; itself in a child");
}

void find_real_parent(const std::vector<Family>& families, const std::vector<const Subject*>& threads,
                      const Subject* traced, Findings& findings) {
  if (families.size() < 2 || threads.empty()) return;
  Offsets candidates = words_where(families[0].child.task, [&](std::uint32_t offset, std::uint64_t) {
    return std::ranges::all_of(
               families,
               [&](const Family& family) { return family.child.task.pointer(offset) == family.parent.who.task; }) &&
           std::ranges::all_of(threads, [&](const Subject* thread) {
             return thread->task.pointer(offset) == threads[0]->task.pointer(offset);
           });
  });
  constexpr char kForked[] =
      "the forking thread, in two children of different threads; one parent of all threads of a process";
  if (traced) {
    std::erase_if(candidates, [&](std::uint32_t offset) {
      return traced->task.pointer(offset) != families[0].child.task.pointer(offset);
    });
    findings.accept_one("task_struct.real_parent", candidates, 8,
                        std::string(kForked) + "; unchanged while another thread traces the child");
  } else if (candidates.size() == 2 && candidates[1] == candidates[0] + 8 &&
             findings.offset("task_struct.tgid") == findings.offset("task_struct.pid").value_or(0) + 4) {
    // Structures are in order of declaration here: "real_parent; parent;".
    findings.accept("task_struct.real_parent", candidates[0], 8, std::string(kForked) + "; before parent");
  }
}

std::vector<std::uint64_t> ancestors(KernelMemory& memory, const Subject& thread, const Findings& findings) {
  std::vector<std::uint64_t> out;
  const auto parent = findings.offset("task_struct.real_parent");
  if (!parent) return out;
  std::uint64_t task = thread.task.pointer(*parent);
  for (int i = 0; i < kGenerations && task && (out.empty() || out.back() != task); ++i) {
    out.push_back(task);
    task = memory.pointer_at(task + *parent);
  }
  return out;
}

void find_start(KernelMemory& memory, const std::vector<Newborn>& newborn, const Subject& thread, Findings& findings) {
  const auto leader = findings.offset("task_struct.group_leader");
  const long hz = ::sysconf(_SC_CLK_TCK);
  if (!leader || newborn.size() < 3 || hz <= 0) return;
  const std::uint64_t leader_task = thread.task.pointer(*leader), tick = kSecond / static_cast<std::uint64_t>(hz);
  const std::uint64_t leader_ticks = proc_stat("/proc/self/stat")[22];
  Offsets candidates = words_where(thread.task, [&](std::uint32_t offset, std::uint64_t) {
    for (const auto& [subject, born] : newborn) {
      const std::uint64_t at = subject.task.pointer(offset);
      if (at < born.after || at > born.before) return false;
    }
    return memory.pointer_at(leader_task + offset) / tick == leader_ticks;
  });
  if (candidates.size() == 2) {
    // start_time is taken first, by the clock that stands still in a suspend: it never shows more.
    const auto later = [&](std::uint32_t a, std::uint32_t b) {
      bool strictly = false;
      for (const auto& n : newborn) {
        const std::uint64_t x = n.subject.task.pointer(a), y = n.subject.task.pointer(b);
        if (x < y) return false;
        strictly = strictly || x > y;
      }
      return strictly;
    };
    if (later(candidates[0], candidates[1]))
      candidates = {candidates[0]};
    else if (later(candidates[1], candidates[0]))
      candidates = {candidates[1]};
  }
  findings.accept_one("task_struct.start_boottime", candidates, 8,
                      "CLOCK_BOOTTIME around the start of several tasks; field 22 of /proc/self/stat in the leader");
}

LiveSearch::LiveSearch(KernelMemory& memory, const Subject& thread, const Subject& other_thread, const Subject& child)
    : pointers_(words_where(thread.task, [&](std::uint32_t offset, std::uint64_t word) {
        return memory.plausible(word) && other_thread.task.pointer(offset) == word &&
               memory.plausible(child.task.pointer(offset)) && child.task.pointer(offset) != word;
      })) {}

void LiveSearch::observe(KernelMemory& memory, const Bytes& task, std::uint32_t live) {
  constexpr std::size_t kWindow = 64;  // among the first members, behind a reference count
  const Fits counts = [live](const Bytes& target, std::uint32_t offset) { return target.holds(offset, live); };
  pairs_ = seen_.empty() ? pointed_at(memory, task, pointers_, kWindow, 4, counts)
                         : still_pointed_at(memory, task, std::move(pairs_), counts);
  seen_.push_back(live);
}

void LiveSearch::conclude(bool stopped, Findings& findings) const {
  std::string how = "counts the threads of this process before and after one more; 1 in a child, 0 when it ended";
  auto pairs = pairs_;
  if (stopped) {
    how += "; still 1 while it ends";
  } else if (pairs.size() == 2 && pairs[0].pointer == pairs[1].pointer &&
             findings.offset("task_struct.tgid") == findings.offset("task_struct.pid").value_or(0) + 4) {
    // Structures are in order of declaration here: "live; nr_threads; quick_threads;".
    pairs.pop_back();
    how += "; the first of two";
  }
  if (pairs.size() != 1 || seen_.size() < 4) return;
  findings.accept("task_struct.signal", pairs[0].pointer, 8, how);
  findings.accept("signal_struct.live", pairs[0].member, 4, how);
}

void find_exit_code(const std::vector<Ended>& ended, const Bytes& living, Findings& findings) {
  if (ended.size() < 2) return;
  std::vector<Sight<std::uint32_t>> sights{{living, 0}};
  for (const auto& e : ended) sights.push_back({e.task, e.status});
  findings.accept_one("task_struct.exit_code", agreeing(sights), 4,
                      "an exit's code in one child, a signal's number in another, 0 in a living task");
}

}  // namespace burin
