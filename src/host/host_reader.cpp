// Collects the host's facts from procfs, sysfs and tracefs. Whatever cannot be read is left at its default: the trials
// in kernel/ and the planner say what follows from that.
#include "host/host_reader.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/unique_fd.h"
#include "host/kernel_version.h"
#include "host/mounts.h"

namespace burin {
namespace {
namespace fs = std::filesystem;

constexpr const char* kTracefs = "/sys/kernel/tracing";
constexpr const char* kOldTracefs = "/sys/kernel/debug/tracing";
/// No file read here is longer (mountinfo of a host with thousands of containers is the largest).
constexpr std::size_t kLargestFile = 16u << 20;

fs::path below(const fs::path& root, std::string_view path) {
  return root / fs::path(path).relative_path();
}

/// Whole content, empty when unreadable. procfs files have no size, so read until the end.
std::string read_text(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd) return text;
  char buffer[16384];
  while (text.size() < kLargestFile) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

std::string read_line(const fs::path& path) {
  std::string text = read_text(path);
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

int read_int(const fs::path& path) {
  const std::string text = read_line(path);
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "0-3,8-11" -> 12: the highest number plus one. Arrays indexed by CPU need that many slots even when numbers are
/// missing in between, and a per-CPU buffer of that size is never too short.
std::uint32_t cpu_slots(std::string_view list) {
  std::uint32_t slots = 0;
  while (!list.empty()) {
    const auto digit = list.find_first_of("0123456789");
    if (digit == std::string_view::npos) break;
    list.remove_prefix(digit);
    std::uint32_t cpu = 0;
    const auto [end, ec] = std::from_chars(list.data(), list.data() + list.size(), cpu);
    if (ec != std::errc{}) break;
    slots = std::max(slots, cpu + 1);
    list.remove_prefix(static_cast<std::size_t>(end - list.data()));
  }
  return std::max(slots, 1u);
}

std::string node_name(const fs::path& root) {
  for (const char* variable : {"HUBBLE_NODE_NAME", "NODE_NAME"})
    if (const char* value = std::getenv(variable); value && *value) return value;
  return read_line(below(root, "/proc/sys/kernel/hostname"));
}

/// "none [integrity] confidentiality" -> "integrity".
std::string lockdown_mode(const fs::path& root) {
  const std::string text = read_line(below(root, "/sys/kernel/security/lockdown"));
  const auto open = text.find('['), close = text.find(']');
  return open < close && close != std::string::npos ? text.substr(open + 1, close - open - 1) : std::string();
}

/// Something else was mounted on top: the table of mounts still has the tracefs below.
bool is_covered(const fs::path& tracefs) {
  struct stat info {};
  return ::stat((tracefs / "events").c_str(), &info) != 0 && errno == ENOENT;
}

std::string find_tracefs(const fs::path& root, const std::vector<Mount>& mounts) {
  std::string found = find_mount(mounts, "tracefs", {kTracefs, kOldTracefs});
  if (!found.empty() && is_covered(below(root, found))) found.clear();
  // debugfs mounts tracefs by itself when its directory is first entered: it may work without being in the table yet.
  std::error_code ignored;
  if (found.empty() && fs::is_directory(below(root, kOldTracefs) / "events", ignored)) found = kOldTracefs;
  return found;
}

/// "lockdown,capability,yama,bpf". Where securityfs is not mounted, it is opened without mounting it anywhere.
std::string active_lsms(const fs::path& root) {
  std::string found = read_line(below(root, "/sys/kernel/security/lsm"));
  if (!found.empty() || root != "/") return found;
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "securityfs", FSOPEN_CLOEXEC)));
  if (!context || ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return found;
  const UniqueFd tree(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (!tree) return found;
  const UniqueFd file(::openat(tree.get(), "lsm", O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t n = file ? ::read(file.get(), text, sizeof text) : 0;
  if (n > 0) found.assign(text, static_cast<std::size_t>(n));
  return found.substr(0, found.find('\n'));
}

/// The build id among the ELF notes of the running kernel (/sys/kernel/notes), in hexadecimal.
std::string kernel_build_id(const fs::path& root) {
  constexpr std::uint32_t kBuildId = 3;  // NT_GNU_BUILD_ID
  constexpr std::size_t kHeader = 12;    // three words: sizes of name and content, type
  const std::string notes = read_text(below(root, "/sys/kernel/notes"));
  const auto word = [&notes](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, notes.data() + at, sizeof value);
    return std::size_t{value};
  };
  const auto padded = [](std::size_t n) { return (n + 3) & ~std::size_t{3}; };
  for (std::size_t at = 0; at + kHeader <= notes.size();) {
    const std::size_t name = word(at), content = word(at + 4), begin = at + kHeader + padded(name);
    if (name > notes.size() || content > notes.size() || begin + content > notes.size()) break;
    if (word(at + 8) == kBuildId && notes.compare(at + kHeader, 4, std::string_view("GNU\0", 4)) == 0) {
      std::string out;
      for (const char c : std::string_view(notes).substr(begin, content)) {
        constexpr char kDigits[] = "0123456789abcdef";
        out += kDigits[static_cast<unsigned char>(c) >> 4];
        out += kDigits[static_cast<unsigned char>(c) & 15];
      }
      return out;
    }
    at = begin + padded(content);
  }
  return {};
}

bool is_event_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
                              std::string_view::npos;
}

void read_tracepoints(const fs::path& root, const std::vector<std::string>& names, HostFacts& facts) {
  if (facts.tracefs.empty()) return;
  for (const auto& name : names) {
    const auto colon = name.find(':');
    if (colon == std::string::npos) continue;
    const std::string category = name.substr(0, colon), event = name.substr(colon + 1);
    if (!is_event_name(category) || !is_event_name(event)) continue;
    auto format =
        parse_tracepoint_format(read_text(below(root, facts.tracefs) / "events" / category / event / "format"));
    if (format) facts.tracepoints.emplace(name, std::move(*format));
  }
}

/// Inode numbers that the initial namespaces have in every kernel (include/uapi/linux/nsfs.h, proc_ns.h), 0 where they
/// vary; by NamespaceKind.
constexpr std::array<std::uint32_t, kNamespaceKinds> kInitialNamespaces{
    0xEFFFFFFE, 0xEFFFFFFF, 0, 0xEFFFFFFC, 0xEFFFFFFC, 0, 0xEFFFFFFA, 0xEFFFFFFA, 0xEFFFFFFB, 0xEFFFFFFD};

/// "net:[4026531833]" -> 4026531833.
std::uint32_t namespace_inode(const fs::path& link) {
  std::error_code ignored;
  const std::string target = fs::read_symlink(link, ignored).string();
  std::uint32_t inode = 0;
  if (const auto open = target.find('['); open != std::string::npos)
    std::from_chars(target.data() + open + 1, target.data() + target.size(), inode);
  return inode;
}

/// The host's namespaces are those of pid 1. Where it is closed to us, kthreadd's are the same: it never leaves those
/// in which the kernel started, and neither does the init of a host.
void read_namespaces(const fs::path& root, HostFacts& facts) {
  const bool kthreadd = read_line(below(root, "/proc/2/comm")) == "kthreadd";
  for (std::size_t i = 0; i < kNamespaceKinds; ++i) {
    const fs::path name = fs::path("ns") / proc_name(static_cast<NamespaceKind>(i));
    std::uint32_t inode = namespace_inode(below(root, "/proc/1") / name);
    if (!inode && kthreadd) inode = namespace_inode(below(root, "/proc/2") / name);
    facts.host_namespaces[i] = inode ? inode : kInitialNamespaces[i];
  }
}

}  // namespace

HostFacts read_host(const fs::path& root, const std::vector<std::string>& tracepoints) {
  HostFacts facts;
  const fs::path kernel = below(root, "/proc/sys/kernel");
  facts.release = read_line(kernel / "osrelease");
  facts.version_code = kernel_version_code(facts.release, read_line(kernel / "version"),
                                           read_line(below(root, "/proc/version_signature")));
  facts.arch = read_line(kernel / "arch");  // since 6.1
  if (facts.arch.empty()) {
    utsname names{};
    if (::uname(&names) == 0) facts.arch = names.machine;
  }
  facts.node_name = node_name(root);
  facts.build_id = kernel_build_id(root);
  facts.boot_id = read_line(kernel / "random/boot_id");
  facts.possible_cpus = cpu_slots(read_line(below(root, "/sys/devices/system/cpu/possible")));
  facts.page_size = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  facts.has_btf = ::access(below(root, "/sys/kernel/btf/vmlinux").c_str(), R_OK) == 0;
  const auto mounts = parse_mountinfo(read_text(below(root, "/proc/self/mountinfo")));
  facts.tracefs = find_tracefs(root, mounts);
  facts.cgroup2 = find_mount(mounts, "cgroup2", {"/sys/fs/cgroup"});
  facts.lockdown = lockdown_mode(root);
  facts.lsms = active_lsms(root);
  facts.perf_event_paranoid = read_int(kernel / "perf_event_paranoid");
  facts.kptr_restrict = read_int(kernel / "kptr_restrict");
  read_tracepoints(root, tracepoints, facts);
  read_namespaces(root, facts);
  return facts;
}

Result<std::string> ensure_tracefs() {
  const auto mounts = parse_mountinfo(read_text("/proc/self/mountinfo"));
  if (std::string found = find_tracefs("/", mounts); !found.empty()) return found;
  struct stat info {};
  if (::stat(kTracefs, &info) != 0)
    return fail(ErrorCode::Unsupported,
                "this kernel has no tracefs (/sys/kernel/tracing does not exist): CONFIG_TRACING is off, or /sys is "
                "hidden (in a "
                "container: -v /sys/kernel/tracing:/sys/kernel/tracing)");
  if (::mount("tracefs", kTracefs, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 && errno != EBUSY)
    return fail_errno(
        ErrorCode::Unsupported,
        "cannot mount tracefs; run as root, or mount it yourself (mount -t tracefs tracefs /sys/kernel/tracing)",
        errno);
  return std::string(kTracefs);
}

bool has_kernel_symbol(const fs::path& root, std::string_view symbol) {
  if (symbol.empty()) return false;
  // Lines are "ffffffff81000000 T name", with "\t[module]" behind the symbols of modules.
  std::ifstream symbols(below(root, "/proc/kallsyms"));
  for (std::string line; std::getline(symbols, line);) {
    const auto type = line.find(' ');
    if (type == std::string::npos || type + 3 >= line.size()) continue;
    if (std::string_view("tTwW").find(line[type + 1]) == std::string_view::npos) continue;
    const std::string_view name = std::string_view(line).substr(type + 3);
    if (name.substr(0, name.find('\t')) == symbol) return true;
  }
  return false;
}

}  // namespace burin
