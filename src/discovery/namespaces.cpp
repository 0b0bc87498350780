#include "discovery/namespaces.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "discovery/proc_facts.h"

namespace burin {
namespace {

/// CLONE_NEWTIME (Linux 5.6; the headers at hand may be older).
constexpr int kNewTime = 0x80;
constexpr std::size_t kPidWindow = 256;
std::size_t proxy_size(KernelMemory& memory) {
  return memory.object_size("nsproxy", 72);
}
/// ipc_namespace.ns.inum was seen at 1144.
constexpr std::size_t kNamespaceWindow = 2048;

struct Proxied {
  NamespaceKind kind;
  const char* member;
  const char* inode;
};
constexpr Proxied kProxied[] = {
    {NamespaceKind::Uts, "nsproxy.uts_ns", "uts_namespace.ns.inum"},
    {NamespaceKind::Ipc, "nsproxy.ipc_ns", "ipc_namespace.ns.inum"},
    {NamespaceKind::Mnt, "nsproxy.mnt_ns", "mnt_namespace.ns.inum"},
    {NamespaceKind::Net, "nsproxy.net_ns", "net.ns.inum"},
    {NamespaceKind::Cgroup, "nsproxy.cgroup_ns", "cgroup_namespace.ns.inum"},
    {NamespaceKind::TimeForChildren, "nsproxy.time_ns_for_children", "time_namespace.ns.inum"},
};

Fits has_inode(std::uint32_t inode) {
  return [inode](const Bytes& target, std::uint32_t offset) { return target.holds(offset, inode); };
}

/// Where in two nsproxies a namespace is, by the inode numbers that /proc shows. Nothing when they are the same.
std::vector<PointedAt> namespace_places(KernelMemory& memory, const Bytes& proxy, std::uint32_t inode,
                                        const Bytes& other, std::uint32_t other_inode) {
  if (!inode || !other_inode || inode == other_inode) return {};
  auto pairs = pointed_at(memory, proxy, pointers_in(memory, proxy), kNamespaceWindow, 4, has_inode(inode));
  return still_pointed_at(memory, other, std::move(pairs), has_inode(other_inode));
}

/// time_ns stays when time_ns_for_children changes, and is the namespace that /proc shows as the own one.
void find_time_namespace(KernelMemory& memory, const Bytes& proxy, const Bytes& other, std::uint32_t inode,
                         Findings& findings) {
  const auto inum = findings.offset("time_namespace.ns.inum"),
             children = findings.offset("nsproxy.time_ns_for_children");
  if (!inum || !children || !inode) return;
  const Offsets candidates = words_where(proxy, [&](std::uint32_t offset, std::uint64_t word) {
    return offset != *children && memory.plausible(word) && other.pointer(offset) == word &&
           memory.at(word + *inum, 4).holds(0, inode);
  });
  findings.accept_one("nsproxy.time_ns", candidates, 8, "inode number in /proc; stays when the children's changes");
}

/// /proc shows no inode number for a new namespace before it has a process, so: the known one here, another pointer
/// there, and the child in it has the number of the child's namespace.
void find_pid_namespace(KernelMemory& memory, const Bytes& proxy, const Bytes& other, std::uint32_t inode,
                        std::uint32_t other_inode, Findings& findings) {
  const auto pairs = namespace_places(memory, proxy, inode, other, other_inode);
  if (pairs.size() != 1) return;
  constexpr char kHow[] = "inode numbers of /proc/PID/ns/pid, here and of a child in a namespace of its own";
  findings.accept("nsproxy.pid_ns_for_children", pairs[0].pointer, 8, kHow);
  findings.accept("pid_namespace.ns.inum", pairs[0].member, 4, kHow);
}

}  // namespace

NamespaceInodes namespaces_of_this_thread() {
  NamespaceInodes out{};
  for (std::size_t i = 0; i < kNamespaceKinds; ++i) {
    const std::string name(proc_name(static_cast<NamespaceKind>(i)));
    out[i] = namespace_inode(("/proc/thread-self/ns/" + name).c_str());
  }
  return out;
}

void pose_namespaces() {
  for (const int kind :
       {CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWPID, kNewTime})
    (void)::unshare(kind);  // one that is refused leaves its members unknown
}

void find_namespaces(KernelMemory& memory, const Subject& thread, const NamespaceInodes& truth, const Subject& spaced,
                     const NamespaceInodes& spaced_truth, Findings& findings) {
  const auto of = [](const NamespaceInodes& inodes, NamespaceKind kind) {
    return inodes[static_cast<std::size_t>(kind)];
  };
  // The pointer behind which the most kinds have exactly one place; a chance hit has one.
  std::optional<std::uint32_t> best;
  std::vector<std::pair<const Proxied*, PointedAt>> most;
  bool tie = false;
  for (const std::uint32_t at : pointers_in(memory, thread.task)) {
    const std::uint64_t here = thread.task.pointer(at), there = spaced.task.pointer(at);
    if (here == there || !memory.plausible(there)) continue;
    const Bytes proxy = memory.at(here, proxy_size(memory)), other = memory.at(there, proxy_size(memory));
    std::vector<std::pair<const Proxied*, PointedAt>> found;
    for (const auto& p : kProxied) {
      const auto pairs = namespace_places(memory, proxy, of(truth, p.kind), other, of(spaced_truth, p.kind));
      if (pairs.size() == 1) found.emplace_back(&p, pairs[0]);
    }
    tie = found.size() == most.size() ? tie || !found.empty() : found.size() < most.size() && tie;
    if (found.size() > most.size()) {
      best = at;
      most = std::move(found);
    }
  }
  if (!best || tie || most.size() < 2) return;
  findings.accept("task_struct.nsproxy", *best, 8,
                  "several namespaces, by inode number, behind one pointer in two threads");
  constexpr char kHow[] = "inode numbers of /proc/PID/ns, here and in a thread with namespaces of its own";
  for (const auto& [what, pair] : most) {
    findings.accept(what->member, pair.pointer, 8, kHow);
    findings.accept(what->inode, pair.member, 4, kHow);
  }
  const Bytes proxy = memory.at(thread.task.pointer(*best), proxy_size(memory)),
              other = memory.at(spaced.task.pointer(*best), proxy_size(memory));
  find_time_namespace(memory, proxy, other, of(truth, NamespaceKind::Time), findings);
  find_pid_namespace(memory, proxy, other, of(truth, NamespaceKind::PidForChildren),
                     of(spaced_truth, NamespaceKind::PidForChildren), findings);
}

void find_pids(KernelMemory& memory, const std::vector<const Subject*>& threads, const Subject& child,
               const ChildReport& report, Findings& findings) {
  const auto inum = findings.offset("pid_namespace.ns.inum");
  const std::uint32_t own = namespace_inode("/proc/self/ns/pid");
  if (!inum || threads.size() < 2 || !own || !report.pid_ns_inode) return;
  // struct upid { int nr; struct pid_namespace *ns; }, one for each level, the outermost first.
  constexpr std::uint32_t kUpid = 16, kNs = 8;
  const auto upid = [&](std::uint32_t nr, std::uint32_t inode) -> Fits {
    return [&memory, nr, inode, inum = *inum](const Bytes& pid, std::uint32_t offset) {
      const std::uint64_t ns = pid.pointer(offset + kNs);
      return pid.holds(offset, nr) && memory.plausible(ns) && memory.at(ns + inum, 4).holds(0, inode);
    };
  };
  const Subject& first = *threads[0];
  auto pairs = pointed_at(memory, first.task, pointers_in(memory, first.task), kPidWindow, 8, upid(first.who.tid, own));
  for (const Subject* t : threads) pairs = still_pointed_at(memory, t->task, std::move(pairs), upid(t->who.tid, own));
  pairs = still_pointed_at(memory, child.task, std::move(pairs), upid(child.who.tid, own));
  const Fits inner = [&](const Bytes& pid, std::uint32_t offset) {
    return upid(1, report.pid_ns_inode)(memory.at(pid.address(), kPidWindow), offset + kUpid);
  };
  pairs = still_pointed_at(memory, child.task, std::move(pairs), inner);
  // Of those, not the task's link in the list of the pid's tasks: the first word there leads back into the task.
  std::erase_if(pairs, [&](const PointedAt& pair) {
    const std::uint64_t back = memory.pointer_at(first.task.pointer(pair.pointer));
    return back >= first.who.task && back < first.who.task + first.task.size();
  });
  if (pairs.size() != 1) return;
  const Bytes pid = memory.at(first.task.pointer(pairs[0].pointer), pairs[0].member),
              nested = memory.at(child.task.pointer(pairs[0].pointer), pairs[0].member);
  const Offsets level = agreeing<std::uint32_t>({{pid, 0}, {nested, 1}});
  if (level.size() != 1) return;  // 0 outside: the ids that the kernel told are those of the initial namespace
  constexpr char kHow[] =
      "ids and namespaces of several threads, and both of a child that is 1 in a namespace of its own";
  findings.accept("task_struct.thread_pid", pairs[0].pointer, 8, kHow);
  findings.accept("pid.numbers", pairs[0].member, 0, kHow);
  findings.accept("upid.nr", 0, 4, kHow);
  findings.accept("upid.ns", kNs, 8, kHow);
  findings.accept("pid.level", level[0], 4, "0 of these threads, 1 of a child in a namespace of its own");
}

}  // namespace burin
