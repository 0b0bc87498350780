// The mount table, as far as a tracer asks it: where tracefs and cgroup2 are.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace burin {

struct Mount {
  std::string root;   ///< directory of the file system that is mounted ("/" = all of it)
  std::string point;  ///< where, with the kernel's octal escapes undone
  std::string type;   ///< "tracefs"
};

/// Parses /proc/self/mountinfo; lines that do not have its form are left out.
std::vector<Mount> parse_mountinfo(std::string_view text);

/// The mount point of a file system of this type: among several, one of `preferred` (in that order), else one that
/// shows the whole file system, else the first. Empty when there is none.
std::string find_mount(const std::vector<Mount>& mounts, std::string_view type,
                       const std::vector<std::string>& preferred = {});

}  // namespace burin
