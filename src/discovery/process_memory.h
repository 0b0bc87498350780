// mm_struct: where a process's arguments are, and which file it runs.
#pragma once
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// For a forked child: moves the beginning or the end of its arguments by one byte and says where both are. `stat`: its
/// parent's /proc/self/stat, as proc_stat() has it.
void pose_arguments(const std::vector<std::uint64_t>& stat, bool end, ChildReport& out);

/// task_struct.mm, mm_struct.arg_start, .arg_end. `children`: one moved the end, one the beginning; where that is not
/// allowed, the order of four known addresses decides. Needs find_real_parent: the kernel's first task has an active_mm
/// but no mm.
void find_arguments(KernelMemory& memory, const Subject& thread,
                    const std::vector<std::pair<const Subject*, const ChildReport*>>& children, Findings& findings);
/// mm_struct.exe_file. Needs find_mounts. `opened`: a descriptor of this program's file.
void find_program(KernelMemory& memory, const Subject& thread, const Subject& child, int opened, Findings& findings);

}  // namespace burin
