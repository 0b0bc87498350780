// The sandbox tried from inside, by the executable that ships: what must fail, does.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "compiler/sandbox.h"

namespace burin {
namespace {

struct Attempt {
  const char* name;
  long (*run)(const char* directory);  ///< negative when refused
};

// A fork that succeeded must not go on as a second process.
long try_fork(const char*) {
  const long pid = ::fork();
  if (pid == 0) ::_exit(0);
  return pid;
}

long try_bpf(const char*) {
  bpf_attr attr{};
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = attr.value_size = 4;
  attr.max_entries = 1;
  return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}

long try_perf_event(const char*) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  return ::syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

long try_execve(const char*) {
  char name[] = "/bin/true";
  char* argv[] = {name, nullptr};
  char* environment[] = {nullptr};
  return ::execve(name, argv, environment);
}

constexpr Attempt kAttempts[] = {
    {"bpf", try_bpf},
    {"perf_event_open", try_perf_event},
    {"execve", try_execve},
    {"fork", try_fork},
    {"unshare", [](const char*) -> long { return ::unshare(CLONE_NEWUSER); }},
    {"socket", [](const char*) -> long { return ::socket(AF_INET, SOCK_STREAM, 0); }},
    {"unix socket", [](const char*) -> long { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"ptrace", [](const char*) -> long { return ::ptrace(PTRACE_TRACEME, 0, 0, 0); }},
    {"kill", [](const char*) -> long { return ::kill(::getppid(), 0); }},
    {"mount", [](const char* d) -> long { return ::mount("none", d, "tmpfs", 0, nullptr); }},
    {"setuid", [](const char*) -> long { return ::setuid(0); }},
    {"create file",
     [](const char* d) -> long { return ::open((std::string(d) + "/x").c_str(), O_WRONLY | O_CREAT, 0600); }},
    {"write file",
     [](const char* d) -> long { return ::open((std::string(d) + "/include/linux/types.h").c_str(), O_RDWR); }},
    {"unlink", [](const char* d) -> long { return ::unlink((std::string(d) + "/include/linux/types.h").c_str()); }},
    {"memfd", [](const char*) -> long { return ::memfd_create("x", 0); }},
    {"executable memory",
     [](const char*) -> long {
       return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
     }},
    {"raise limit",
     [](const char*) -> long {
       const rlimit more{1 << 20, 1 << 20};
       return ::setrlimit(RLIMIT_FSIZE, &more);
     }},
};

}  // namespace

bool check_sandbox(const char* directory) {
  // The compile itself must still be possible.
  const int header = ::open((std::string(directory) + "/include/linux/types.h").c_str(), O_RDONLY);
  bool good = header >= 0;
  std::string report = std::string("read shim: ") + (good ? "possible" : "IMPOSSIBLE") + "\n";
  for (const Attempt& attempt : kAttempts) {
    const bool refused = attempt.run(directory) < 0;
    good = good && refused;
    report += std::string(attempt.name) + ": " + (refused ? "refused" : "ALLOWED") + "\n";
  }
  const ssize_t written = ::write(1, report.data(), report.size());
  return good && written == static_cast<ssize_t>(report.size());
}

}  // namespace burin
