#include "control/self_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/unique_fd.h"
#include "kernel/map_access.h"
#include "model/record.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

/// Longest time the child's events may take to come through; they come within one poll of the rings (10 ms) and one
/// more.
constexpr std::chrono::milliseconds kWait{2000};

/// What the observer saw of the child.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint32_t pid = 0;  // 0: not started yet, keep all candidates
  std::vector<Event> events;

  bool wait_for(EventKind kind, Event& out) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kWait, [&] {
      for (const auto& e : events)
        if (e.kind == kind && e.process && e.process->pid == pid) {
          out = e;
          return true;
        }
      return false;
    });
  }
};

std::string link_target(const std::string& path) {
  char buffer[PATH_MAX];
  const ssize_t n = ::readlink(path.c_str(), buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

class Comparison {
 public:
  explicit Comparison(SelfTestReport& report) : report_(report) {}
  void same(const char* what, const std::string& kernel, const std::string& truth) {
    if (kernel == truth)
      report_.passed.push_back(what);
    else
      report_.mismatches.push_back(std::string(what) + ": the kernel side says \"" + kernel + "\", the truth is \"" +
                                   truth + "\"");
  }

 private:
  SelfTestReport& report_;
};

/// A child that waits on its standard input.
struct TestChild {
  std::string program;
  std::string arguments;  ///< as events show them
  pid_t pid = -1;         ///< -1: it cannot be started
  UniqueFd input;         ///< when it closes, the child ends
};

pid_t spawn(const std::string& program, std::vector<std::string> words, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* envp[] = {nullptr};
  pid_t pid = -1;
  if (posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), envp)) pid = -1;
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// /bin/cat; where there is none (an image with nothing but the daemon) the daemon's own executable as a reader.
TestChild start_child() {
  TestChild child;
  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC)) return child;
  const UniqueFd read_end(pipe_fds[0]);
  child.input.reset(pipe_fds[1]);
  child.program = "/bin/cat";
  child.arguments = "- -";
  child.pid = spawn(child.program, {"cat", "-", "-"}, read_end.get());
  if (child.pid > 0) return child;
  child.program = link_target("/proc/self/exe");
  child.arguments = "replay -";
  child.pid = spawn(child.program, {"burin", "replay", "-"}, read_end.get());
  return child;
}

/// Whether the base programs read the executable's path from the kernel's structures (templates/path.h); kernel headers
/// alone do not have struct mount.
bool walks_paths(const LayoutTable& layout) {
  return layout.has_all({"path.mnt", "path.dentry", "mount.mnt", "mount.mnt_parent", "mount.mnt_mountpoint",
                         "vfsmount.mnt_root", "dentry.d_parent", "dentry.d_name", "qstr.name", "qstr.len",
                         "task_struct.mm", "mm_struct.exe_file", "file.f_path"});
}

/// `meanwhile` is done while the child's first event is on its way.
template <class Meanwhile>
void test_process(Pipeline& pipeline, LoadedProgram& base, bool with_paths, SelfTestReport& report,
                  const Meanwhile& meanwhile) {
  auto seen = std::make_shared<Seen>();
  pipeline.set_observer([seen](const Event& event) {
    if (!event.process || (event.kind != EventKind::Exec && event.kind != EventKind::Exit)) return false;
    std::lock_guard lock(seen->mutex);
    // Until the child's pid is known, every child of ours is a candidate.
    if (seen->pid ? event.process->pid != seen->pid : event.process->parent_pid != static_cast<std::uint32_t>(getpid()))
      return false;
    seen->events.push_back(event);
    seen->changed.notify_all();
    return true;
  });
  TestChild child = start_child();
  const pid_t pid = child.pid;
  if (pid < 0) {
    pipeline.set_observer(nullptr);
    report.skipped.push_back("process events: neither /bin/cat nor " + child.program + " can be started here");
    return meanwhile();
  }
  {
    std::lock_guard lock(seen->mutex);
    seen->pid = static_cast<std::uint32_t>(pid);
  }
  meanwhile();
  Comparison compare(report);
  Event exec, exit;
  const bool got_exec = seen->wait_for(EventKind::Exec, exec);
  if (!got_exec) report.mismatches.push_back("no exec event of a child came through");
  if (got_exec) {
    compare.same("binary", exec.process->binary, child.program);
    compare.same("arguments", exec.process->arguments, child.arguments);
    char cwd[PATH_MAX];
    if (::getcwd(cwd, sizeof cwd)) compare.same("cwd", exec.process->cwd, cwd);
    compare.same("uid", std::to_string(exec.process->uid), std::to_string(geteuid()));
    compare.same("parent pid", std::to_string(exec.process->parent_pid), std::to_string(getpid()));
    wire::Proc image;
    const auto key = static_cast<std::uint32_t>(pid);
    // The kernel writes the map's whole value, which has more behind this when policies ask for it.
    std::array<std::byte, sizeof(wire::Proc) + sizeof(wire::ProcParent) + sizeof(wire::ProcFacts)> value{};
    const auto found = map_get(base.map_fd("procs"), &key, value.data());
    std::memcpy(&image, value.data(), sizeof image);
    if (!found || !*found)
      report.mismatches.push_back("the kernel's process map has no entry of a running child");
    else if (with_paths)
      compare.same("executable path", std::string(image.path, strnlen(image.path, sizeof image.path)),
                   link_target("/proc/" + std::to_string(pid) + "/exe"));
  }
  child.input.reset();  // end of its input
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!seen->wait_for(EventKind::Exit, exit))
    report.mismatches.push_back("no exit event of a child came through");
  else if (exit.exit_code_known)
    compare.same("exit code", std::to_string(exit.exit_code), std::to_string(status));
  pipeline.set_observer(nullptr);
}

/// As struct burin_selftest in templates/base.bpf.c.
struct SockTest {
  std::uint16_t want_dport = 0;
  std::uint16_t seen = 0;
  std::uint32_t pad = 0;
  wire::Sock sock;
};

std::string address_text(const wire::Sock& sock, const std::uint64_t* address, std::uint16_t port) {
  char text[INET_ADDRSTRLEN] = "?";
  if (sock.family == AF_INET) ::inet_ntop(AF_INET, address, text, sizeof text);
  return std::string(text) + ":" + std::to_string(port);
}

void test_sock(LoadedProgram& base, const HostFacts& host, SelfTestReport& report) {
  const int map = base.map_fd("selftest");
  if (map < 0) {
    report.skipped.push_back("socket layout: no tracepoint sock:inet_sock_set_state");
    return;
  }
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener.get(), address, sizeof here) || ::listen(listener.get(), 1) ||
      ::getsockname(listener.get(), address, &length)) {
    report.skipped.push_back("socket layout: no loopback interface");
    return;
  }
  const std::uint32_t zero = 0;
  SockTest test;
  test.want_dport = ntohs(here.sin_port);
  if (!map_put(map, &zero, &test, false)) return;
  if (auto attached = base.attach({"base_selftest", AttachSpec::Kind::Tracepoint, "sock:inet_sock_set_state"}, host);
      !attached) {
    report.skipped.push_back("socket layout: " + attached.error().text());
    return;
  }
  const bool connected = ::connect(client.get(), address, sizeof here) == 0;
  sockaddr_in local{};
  length = sizeof local;
  ::getsockname(client.get(), reinterpret_cast<sockaddr*>(&local), &length);
  auto read = map_get(map, &zero, &test);
  if (!connected || !read || !*read || !test.seen) {
    report.skipped.push_back("socket layout: no state change of a loopback connection was seen");
    return;
  }
  Comparison compare(report);
  compare.same("socket source", address_text(test.sock, test.sock.saddr, test.sock.sport),
               "127.0.0.1:" + std::to_string(ntohs(local.sin_port)));
  compare.same("socket destination", address_text(test.sock, test.sock.daddr, test.sock.dport),
               "127.0.0.1:" + std::to_string(ntohs(here.sin_port)));
  if (test.sock.type) compare.same("socket type", std::to_string(test.sock.type), std::to_string(SOCK_STREAM));
  if (test.sock.protocol)
    compare.same("socket protocol", std::to_string(test.sock.protocol), std::to_string(IPPROTO_TCP));
}

}  // namespace

std::size_t self_test_value_size() {
  return sizeof(SockTest);
}

SelfTestReport run_self_test(Pipeline& pipeline, LoadedProgram& base, const HostFacts& host,
                             const LayoutTable& layout) {
  SelfTestReport report;
  test_process(pipeline, base, walks_paths(layout), report, [&] {
    if (!layout.members.empty()) test_sock(base, host, report);
  });
  return report;
}

}  // namespace burin
