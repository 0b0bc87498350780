// cred, real_cred, what credentials hold, and user namespaces.
#pragma once
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// Credentials that a thread gave itself, as the kernel then told them; 0 where a step was refused.
struct Credentials {
  std::uint32_t uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
  std::uint32_t securebits;
  std::uint64_t inheritable, permitted, effective;
};

/// Bytes of a struct cred.
std::size_t cred_size(KernelMemory& memory);

/// For the calling thread alone: all ids different, by raw system calls, securebits and capability sets with them.
/// `variant` 0, 1 or 2: sets of ids without a value in common. False when an id could not be set.
bool pose_credentials(unsigned variant, Credentials& out);
/// For a forked child: such ids, and a user namespace of its own; `nested`: a second one in it.
void pose_user_namespace(unsigned variant, bool nested, ChildReport& out);

struct Posed {
  const Subject& subject;
  const Credentials& truth;
};
/// task_struct.real_cred and .cred, cred.*: two threads with ids of their own.
void find_credentials(KernelPeek& peek, KernelMemory& memory, const std::vector<Posed>& posed, Findings& findings);

/// cred.user_ns and user_namespace.*: two children with namespaces of their own.
void find_user_namespace(KernelMemory& memory, const Subject& thread,
                         const std::vector<std::pair<const Subject*, const ChildReport*>>& children,
                         Findings& findings);

}  // namespace burin
