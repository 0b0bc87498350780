// Which of a task's two pointers to credentials is `cred`.
#pragma once
#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// `both`: the two offsets in task_struct. A thread calls access(), which borrows credentials (override_creds()), with
/// a path that is not in memory yet; while userfaultfd(2) keeps it waiting for that page, only real_cred still is its
/// own. Without userfaultfd the order of declaration decides, where structures follow it.
void tell_cred_from_real_cred(KernelPeek& peek, KernelMemory& memory, const Offsets& both, Findings& findings);

}  // namespace burin
