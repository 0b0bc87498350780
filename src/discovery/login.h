// The login uid, which audit keeps for each task.
#pragma once
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// True when a process may change its login uid without the kernel writing an audit record about it.
bool login_is_silent();
/// For a forked child: sets its login uid.
void pose_login(std::uint32_t uid, ChildReport& out);

/// task_struct.loginuid: what children set, else what /proc shows of this process's ancestors, where these differ.
void find_login(KernelMemory& memory, const Subject& thread,
                const std::vector<std::pair<const Subject*, const ChildReport*>>& children, Findings& findings);

}  // namespace burin
