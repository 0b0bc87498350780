// Names: from a struct file to its dentry, its inode, and the directories above.
#pragma once
#include <string>
#include <vector>

#include "discovery/files.h"

namespace burin {

/// A descriptor whose name, directory and mode are known.
struct NamedFile {
  UniqueFd fd;
  std::string name;        ///< of its dentry
  int parent = -1;         ///< index of its directory in the list, -1: not in it
  std::uint16_t mode = 0;  ///< st_mode
  bool hashed = true;      ///< can be found by its name; false of memory files, which have no directory
};

/// Directories of /proc and files in memory, nothing on any disk. The first is the root of /proc, the second this
/// process's folder there. Empty when /proc is missing.
std::vector<NamedFile> open_named_files();

/// Where a file's dentry is: offset in struct file. Not a member by itself: find_paths() makes file.f_path of it.
struct DentryPlace {
  std::uint32_t in_file = 0;
};
/// dentry.*, qstr.*, inode.i_mode. Nothing when the way from file to dentry is not clear.
std::optional<DentryPlace> find_dentries(KernelMemory& memory, const Subject& thread,
                                         const std::vector<NamedFile>& files, Findings& findings);

}  // namespace burin
