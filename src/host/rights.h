// What this process may do, and what surrounds it: for reports, never for decisions (those are made by trying).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace burin {

/// A capability by its number in linux/capability.h.
struct Rights {
  std::uint32_t euid = 0;
  std::uint64_t capabilities = 0;   ///< effective set
  int seccomp = 0;                  ///< 0 none, 1 strict, 2 a filter
  std::uint64_t memlock_bytes = 0;  ///< soft RLIMIT_MEMLOCK; ~0 = unlimited
  bool has(unsigned capability) const { return (capabilities >> capability & 1) != 0; }
};
/// Of this process, from /proc/self below `root` (limits from the kernel).
Rights read_rights(const std::filesystem::path& root);

/// How control groups are mounted.
enum class CgroupMode { None, V1, Hybrid, V2 };
std::string_view to_string(CgroupMode mode);

struct Surroundings {
  CgroupMode cgroups = CgroupMode::None;
  std::string container;  ///< "docker", "podman", "kubernetes", "a container"; empty: none that shows
  bool own_pid_namespace = false;
};
/// What shows of a container around us, below `root`.
Surroundings read_surroundings(const std::filesystem::path& root);

}  // namespace burin
