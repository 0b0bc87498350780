// From a descriptor to its struct file.
#pragma once
#include <vector>

#include "discovery/findings.h"
#include "discovery/pose.h"

namespace burin {

/// Bytes of a struct file.
std::size_t file_size(KernelMemory& memory);

/// A table of descriptors as /proc and the calls that made it say.
struct FileTable {
  std::uint32_t size = 0;  ///< slots, "FDSize:"
  int file = -1;           ///< a descriptor that is open
  int same = -1;           ///< another one of the same file
  int closed = -1;         ///< one that is not open
};

/// Gives the calling thread a table of its own, and in it a duplicate of `file` above `least`.
bool pose_file_table(int file, int least, FileTable& out);

struct TableOwner {
  const Subject& subject;
  const FileTable& table;
};
/// task_struct.files, files_struct.fdt, fdtable.max_fds, fdtable.fd: tables of several threads, of different sizes.
void find_file_table(KernelMemory& memory, const std::vector<TableOwner>& owners, Findings& findings);

/// Address of the struct file behind a descriptor of this thread; 0 when the way there is not known or it is not open.
std::uint64_t file_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings);

}  // namespace burin
