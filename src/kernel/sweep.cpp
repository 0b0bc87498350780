// Our own attachments die with the process, but a probe defined in tracefs does not. Earlier versions, or a fallback
// for old kernels, name theirs "burin_<pid>_...": whoever starts next removes those whose process is gone.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "kernel/loaded_program.h"

namespace burin {
namespace {

/// "p:group/burin_123_x target" -> "group/burin_123_x" when it is ours and process 123 is gone, else empty.
std::string dead_probe(const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || line.empty() || (line[0] != 'p' && line[0] != 'r')) return {};
  const std::string name = line.substr(colon + 1, line.find(' ') - colon - 1);
  const auto slash = name.find('/');
  if (slash == std::string::npos || name.compare(slash + 1, 6, "burin_") != 0) return {};
  pid_t pid = 0;
  const char* const start = name.data() + slash + 7;
  const auto [end, ec] = std::from_chars(start, name.data() + name.size(), pid);
  if (ec != std::errc{} || end == name.data() + name.size() || *end != '_' || pid <= 0) return {};
  return ::kill(pid, 0) != 0 && errno == ESRCH ? name : std::string();
}

int sweep_file(const std::string& path) {
  std::vector<std::string> dead;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (std::string name = dead_probe(line); !name.empty()) dead.push_back(std::move(name));
  int removed = 0;
  for (const auto& name : dead) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const std::string command = "-:" + name;
    // A probe that somebody still uses (a process of another pid namespace) is refused with EBUSY, and rightly stays.
    if (fd && ::write(fd.get(), command.data(), command.size()) == static_cast<ssize_t>(command.size())) ++removed;
  }
  return removed;
}

}  // namespace

int sweep_leftovers(const HostFacts& host) {
  if (host.tracefs.empty()) return 0;
  return sweep_file(host.tracefs + "/kprobe_events") + sweep_file(host.tracefs + "/uprobe_events");
}

}  // namespace burin
