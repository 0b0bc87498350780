// Reads the processes that exist already. Runs at every start of the daemon, so it costs a handful of system calls per
// process on buffers of this stack, and holds each /proc/PID open while reading it: what is read belongs to one process
// even when its pid is reused meanwhile.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/unique_fd.h"
#include "event/process_table.h"

namespace burin {
namespace {

/// The longest command line that is kept; more than any that is read by people.
constexpr std::size_t kMaxCmdline = 16384;
/// PF_KTHREAD, include/linux/sched.h; the same bit since 2.6.27. Usermode helpers have ppid 2 too but not this bit.
constexpr std::uint64_t kKernelThreadFlag = 0x00200000;

/// One read: /proc hands such a file out whole, or as much as fits into `buffer`; asking for its end would be a third
/// of all calls.
template <std::size_t N>
std::optional<std::string_view> read_file(int dir, const char* name, std::array<char, N>& buffer) {
  const UniqueFd fd(openat(dir, name, O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  ssize_t n;
  do n = read(fd.get(), buffer.data(), N);
  while (n < 0 && errno == EINTR);
  if (n < 0) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(n));
}

std::optional<std::string> read_link(int dir, const char* name) {
  std::array<char, 4096> buffer;
  const ssize_t n = readlinkat(dir, name, buffer.data(), buffer.size());
  if (n < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(n));
}

/// The part of /proc/PID/stat that matters here.
struct Stat {
  std::string_view comm;
  char state = '?';
  std::uint64_t ppid = 0, flags = 0, threads = 0, start_ticks = 0;
};

/// The name may hold spaces and parentheses, so the numbers begin after the last ')'.
bool parse_stat(std::string_view text, Stat& out) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open || close + 2 >= text.size()) return false;
  out.comm = text.substr(open + 1, close - open - 1);
  const char* at = text.data() + close + 2;
  const char* const end = text.data() + text.size();
  out.state = *at++;
  for (int field = 4; field <= 22; ++field) {  // numbered as in proc(5)
    while (at < end && *at == ' ') ++at;
    const char* const word_end = std::find(at, end, ' ');
    std::uint64_t* const target = field == 4    ? &out.ppid
                                  : field == 9  ? &out.flags
                                  : field == 20 ? &out.threads
                                  : field == 22 ? &out.start_ticks
                                                : nullptr;
    if (target && std::from_chars(at, word_end, *target).ec != std::errc()) return false;
    at = word_end;
  }
  return true;
}

std::uint64_t ns_per_tick() {
  static const std::uint64_t value = 1'000'000'000ULL / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return value;
}

/// Time spent in suspend. Rounded to a millisecond, so that two scans of one process agree to the nanosecond although
/// two clock reads never do; start times are ten times coarser anyway.
std::uint64_t suspended_ns() {
  const std::uint64_t before = monotonic_ns();
  const std::uint64_t boot = boottime_ns();
  const std::uint64_t after = monotonic_ns();
  const std::uint64_t monotonic = before + (after - before) / 2;
  if (boot <= monotonic) return 0;
  return (boot - monotonic + 500'000) / 1'000'000 * 1'000'000;
}

/// "Uid:\treal\teffective\t...": the effective one.
bool parse_effective_uid(std::string_view status, std::uint32_t& out) {
  std::size_t at = status.find("\nUid:\t");
  if (at == status.npos) return false;
  at = status.find('\t', at + 6);
  if (at == status.npos) return false;
  return std::from_chars(status.data() + at + 1, status.data() + status.size(), out).ec == std::errc();
}

void split_cmdline(std::string_view text, std::vector<std::string>& argv) {
  if (!text.empty() && text.back() == '\0')
    text.remove_suffix(1);
  else if (text.empty())
    return;
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    argv.emplace_back(text.substr(at, end - at));
    if (end == text.size()) break;
    at = end + 1;
  }
  // A program that wrote its title over argv ("nginx: worker process") leaves one string and zeros behind it.
  if (std::all_of(argv.begin() + 1, argv.end(), [](const std::string& a) { return a.empty(); })) argv.resize(1);
}

/// A main thread that ended while others run has no image of its own any more: any other thread shows it. None: the
/// process has ended.
UniqueFd open_living_thread(int dir, std::uint32_t tgid) {
  const int task_fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const list = task_fd < 0 ? nullptr : fdopendir(task_fd);
  if (!list) {
    if (task_fd >= 0) close(task_fd);
    return {};
  }
  UniqueFd found;
  while (const dirent* item = readdir(list)) {
    if (item->d_name[0] == '.' || std::to_string(tgid) == item->d_name) continue;
    found.reset(openat(task_fd, item->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (found) break;
  }
  closedir(list);
  return found;
}

bool open_pid(int proc, std::uint32_t pid, UniqueFd& out) {
  std::array<char, 16> name{};
  std::to_chars(name.data(), name.data() + name.size() - 1, pid);
  out.reset(openat(proc, name.data(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return static_cast<bool>(out);
}

/// What an image looks like from outside: files that can be refused (another user's) while the process
/// lives.
void read_image(int dir, SeedProcess& out) {
  std::array<char, kMaxCmdline> buffer;
  if (const auto cmdline = read_file(dir, "cmdline", buffer)) {
    split_cmdline(*cmdline, out.argv);
    out.args_truncated = cmdline->size() == buffer.size();
  }
  if (auto cwd = read_link(dir, "cwd")) {
    out.cwd = std::move(*cwd);
    out.cwd_known = true;
  }
  if (auto exe = read_link(dir, "exe")) {
    out.binary = std::move(*exe);
  } else {
    out.binary = !out.argv.empty() && out.argv[0].starts_with('/') ? out.argv[0] : out.comm;
  }
}

bool scan_one(int proc, std::uint32_t tgid, std::uint64_t suspended, SeedProcess& out) {
  UniqueFd dir;
  if (!open_pid(proc, tgid, dir)) return false;
  std::array<char, 1024> stat_buffer;
  Stat stat;
  const auto stat_text = read_file(dir.get(), "stat", stat_buffer);
  if (!stat_text || !parse_stat(*stat_text, stat)) return false;

  out = SeedProcess{};
  out.tgid = tgid;
  out.ppid = static_cast<std::uint32_t>(stat.ppid);
  out.start_boot = stat.start_ticks * ns_per_tick();
  out.exec_ktime = monotonic_start(out.start_boot, suspended);
  out.comm = stat.comm;

  if (stat.flags & kKernelThreadFlag) {
    // Half of a small host's processes. They are all alike: no file, no arguments, root's ids, the root directory.
    out.binary = '[' + out.comm + ']';
    out.cwd = "/";
    out.cwd_known = true;
    return true;
  }
  UniqueFd thread;
  if (stat.state == 'Z' || stat.state == 'X') {
    thread = open_living_thread(dir.get(), tgid);
    if (!thread) return false;
  }
  read_image(thread ? thread.get() : dir.get(), out);

  std::array<char, 4096> buffer;
  if (const auto loginuid = read_file(dir.get(), "loginuid", buffer))
    std::from_chars(loginuid->data(), loginuid->data() + loginuid->size(), out.auid);
  // Read last: it fails once the process is gone, whatever the files before it said.
  const auto status = read_file(dir.get(), "status", buffer);
  return status && parse_effective_uid(*status, out.uid);
}

/// Start of a process without the rest; 0 when it is gone.
std::uint64_t start_of(int proc, std::uint32_t pid, std::uint64_t suspended) {
  UniqueFd dir;
  std::array<char, 1024> buffer;
  Stat stat;
  if (!open_pid(proc, pid, dir)) return 0;
  const auto text = read_file(dir.get(), "stat", buffer);
  if (!text || !parse_stat(*text, stat)) return 0;
  return monotonic_start(stat.start_ticks * ns_per_tick(), suspended);
}

/// Only init and kthreadd descend from pid 0; any other ppid of 0 means that the parent lives in another pid namespace.
bool child_of_kernel(const SeedProcess& p) {
  return p.ppid == 0 && (p.tgid == 1 || p.tgid == 2);
}

}  // namespace

std::uint64_t monotonic_start(std::uint64_t start_boot, std::uint64_t boot_minus_monotonic) {
  return start_boot > boot_minus_monotonic ? start_boot - boot_minus_monotonic : 1;
}

bool scan_process(const std::filesystem::path& proc, std::uint32_t tgid, SeedProcess& out) {
  const UniqueFd fd(open(proc.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::uint64_t suspended = suspended_ns();
  if (!fd || !scan_one(fd.get(), tgid, suspended, out)) return false;
  out.parent_ktime = child_of_kernel(out) ? kKernelKtime : out.ppid != 0 ? start_of(fd.get(), out.ppid, suspended) : 0;
  return true;
}

std::vector<SeedProcess> scan_proc(const std::filesystem::path& proc) {
  std::vector<SeedProcess> found;
  DIR* const list = opendir(proc.c_str());
  if (!list) return found;
  const std::uint64_t suspended = suspended_ns();
  while (const dirent* item = readdir(list)) {
    std::uint32_t tgid = 0;
    const char* const end = item->d_name + std::strlen(item->d_name);
    const auto parsed = std::from_chars(item->d_name, end, tgid);
    if (parsed.ec != std::errc() || parsed.ptr != end || tgid == 0) continue;
    if (SeedProcess process; scan_one(dirfd(list), tgid, suspended, process)) found.push_back(std::move(process));
  }
  closedir(list);

  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.tgid < b.tgid; });
  for (SeedProcess& p : found) {
    if (child_of_kernel(p)) p.parent_ktime = kKernelKtime;
    const auto parent = std::lower_bound(found.begin(), found.end(), p.ppid,
                                         [](const SeedProcess& s, std::uint32_t pid) { return s.tgid < pid; });
    if (parent != found.end() && parent->tgid == p.ppid) p.parent_ktime = parent->exec_ktime;
  }
  return found;
}

bool ProcFolder::scan(std::uint32_t tgid, SeedProcess& out) {
  return scan_process(folder_, tgid, out);
}

bool ProcFolder::exists(std::uint32_t tgid) {
  return access((folder_ / std::to_string(tgid)).c_str(), F_OK) == 0;
}

}  // namespace burin
