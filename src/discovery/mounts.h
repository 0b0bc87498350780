// struct path and what it stands for: mounts, the root and the working directory of a thread, a program's file.
#pragma once
#include <string>
#include <vector>

#include "discovery/dentries.h"

namespace burin {

/// A mount of /proc/self/mountinfo whose root is held open.
struct OpenMount {
  std::uint32_t id = 0, parent = 0;
  std::string point;
  UniqueFd root;       ///< where it is mounted: its root
  UniqueFd directory;  ///< the directory that it is mounted in
};
/// At most a dozen, those whose parent mount is there too first.
std::vector<OpenMount> open_mounts();

/// file.f_path, path.*, vfsmount.mnt_root, mount.*. Needs find_file_table, find_dentries.
void find_mounts(KernelMemory& memory, const Subject& thread, const std::vector<OpenMount>& mounts,
                 const DentryPlace& dentry, Findings& findings);

/// What a thread has made its root and its working directory: descriptors.
struct Whereabouts {
  int root = -1, directory = -1;
};
/// For the calling thread alone. False when it may not.
bool pose_whereabouts(const Whereabouts& where);

struct Resident {
  const Subject& subject;
  Whereabouts where;
};
/// task_struct.fs, fs_struct.root, fs_struct.pwd. `thread`: whose descriptors they are. Needs find_mounts.
void find_whereabouts(KernelMemory& memory, const Subject& thread, const std::vector<Resident>& residents,
                      Findings& findings);

}  // namespace burin
