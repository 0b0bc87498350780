// nsproxy and the namespaces behind it; struct pid.
#pragma once
#include <array>
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"
#include "model/task_facts.h"

namespace burin {

/// Inode numbers by NamespaceKind; 0: not known.
using NamespaceInodes = std::array<std::uint32_t, kNamespaceKinds>;
/// Those of the calling thread.
NamespaceInodes namespaces_of_this_thread();
/// Gives the calling thread namespaces of its own, of every kind that the kernel has and lets it have; of pids and
/// times, as always, for children only.
void pose_namespaces();

/// task_struct.nsproxy, nsproxy.*, *.ns.inum. `spaced`: a thread with namespaces of its own.
void find_namespaces(KernelMemory& memory, const Subject& thread, const NamespaceInodes& truth, const Subject& spaced,
                     const NamespaceInodes& spaced_truth, Findings& findings);

/// task_struct.thread_pid, pid.*, upid.*. `child` lives in a pid namespace of its own. Needs pid_namespace.ns.inum.
void find_pids(KernelMemory& memory, const std::vector<const Subject*>& threads, const Subject& child,
               const ChildReport& report, Findings& findings);

}  // namespace burin
