// Members of task_struct that say who a task is, and how it ends.
#pragma once
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// When a task was made: between these, by CLOCK_BOOTTIME, in nanoseconds.
struct Born {
  std::uint64_t after = 0;
  std::uint64_t before = 0;
};
std::uint64_t boottime_now();

/// A task whose birth was watched.
struct Newborn {
  const Subject& subject;
  Born born;
};

/// A child and the thread that forked it.
struct Family {
  const Subject& child;
  const Subject& parent;
};

/// pid, tgid: the ids that the kernel itself tells, in tasks of several processes.
void find_ids(const std::vector<const Subject*>& tasks, Findings& findings);
/// group_leader: of several threads the same, of a child itself. Needs find_ids.
void find_leader(KernelMemory& memory, const Subject& thread, const Subject& other_thread, const Subject& child,
                 Findings& findings);
/// real_parent: the forking thread; of the threads of one process the same. `traced`: the first family's child while
/// somebody else traces it, which changes `parent` and nothing else; null when that could not be arranged, then the
/// order of declaration decides.
void find_real_parent(const std::vector<Family>& families, const std::vector<const Subject*>& threads,
                      const Subject* traced, Findings& findings);
/// start_boottime. Needs find_leader.
void find_start(KernelMemory& memory, const std::vector<Newborn>& newborn, const Subject& thread, Findings& findings);
/// The parent, its parent and so on up to the kernel's first task, which is its own parent. Needs find_real_parent.
std::vector<std::uint64_t> ancestors(KernelMemory& memory, const Subject& thread, const Findings& findings);

/// task_struct.signal and signal_struct.live together: live threads are counted there, in several processes.
class LiveSearch {
 public:
  /// Only pointers that `thread` shares with `other_thread` and not with `child` can be it.
  LiveSearch(KernelMemory& memory, const Subject& thread, const Subject& other_thread, const Subject& child);
  /// `live` threads in the process of this task, now.
  void observe(KernelMemory& memory, const Bytes& task, std::uint32_t live);
  /// Places that agree with everything so far.
  std::size_t candidates() const { return pairs_.size(); }
  /// `stopped`: a child on its way out was among them, no longer counted by what the kernel calls quick_threads.
  void conclude(bool stopped, Findings& findings) const;

 private:
  Offsets pointers_;
  std::vector<PointedAt> pairs_;
  std::vector<std::uint32_t> seen_;
};

/// A task that ended, its wait status, and the copy of its task_struct from before it was removed.
struct Ended {
  const Bytes& task;
  std::uint32_t status;
};
void find_exit_code(const std::vector<Ended>& ended, const Bytes& living, Findings& findings);

}  // namespace burin
