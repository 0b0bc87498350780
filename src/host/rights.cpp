#include "host/rights.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "host/mounts.h"

namespace burin {
namespace {

namespace fs = std::filesystem;

std::string read_all(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The word behind "Name:" in a /proc status file.
std::string_view field(std::string_view text, std::string_view name) {
  const auto at = text.find("\n" + std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size() + 2);
  text = text.substr(0, text.find('\n'));
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// The inode of the initial pid namespace (PROC_PID_INIT_INO).
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

}  // namespace

Rights read_rights(const fs::path& root) {
  Rights out;
  out.euid = ::geteuid();
  const std::string status = read_all(root / "proc/self/status");
  const auto caps = field(status, "CapEff"), seccomp = field(status, "Seccomp");
  std::from_chars(caps.data(), caps.data() + caps.size(), out.capabilities, 16);
  std::from_chars(seccomp.data(), seccomp.data() + seccomp.size(), out.seccomp);
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0) out.memlock_bytes = limit.rlim_cur;
  return out;
}

std::string_view to_string(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::None: return "none";
    case CgroupMode::V1: return "v1";
    case CgroupMode::Hybrid: return "hybrid";
    case CgroupMode::V2: return "v2";
  }
  return "?";
}

Surroundings read_surroundings(const fs::path& root) {
  Surroundings out;
  const auto mounts = parse_mountinfo(read_all(root / "proc/self/mountinfo"));
  const bool v1 = !find_mount(mounts, "cgroup").empty(), v2 = !find_mount(mounts, "cgroup2").empty();
  out.cgroups = v1 && v2 ? CgroupMode::Hybrid : v1 ? CgroupMode::V1 : v2 ? CgroupMode::V2 : CgroupMode::None;
  std::error_code ignored;
  const std::string of_init = read_all(root / "proc/1/cgroup");
  if (fs::exists(root / ".dockerenv", ignored))
    out.container = "docker";
  else if (fs::exists(root / "run/.containerenv", ignored))
    out.container = "podman";
  else if (fs::exists(root / "var/run/secrets/kubernetes.io", ignored) || of_init.find("kubepods") != std::string::npos)
    out.container = "kubernetes";
  else if (of_init.find("/docker/") != std::string::npos || of_init.find("/lxc/") != std::string::npos)
    out.container = "a container";
  struct stat info {};
  out.own_pid_namespace =
      ::stat((root / "proc/self/ns/pid").c_str(), &info) == 0 && info.st_ino != kInitialPidNamespace;
  return out;
}

}  // namespace burin
