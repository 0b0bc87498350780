// Spawning a child and talking with it over three pipes until its end or the deadline.
#include "compile/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/unique_fd.h"

namespace burin {

struct ChildProcess::Pipes {
  UniqueFd input, child_input, output, child_output, messages, child_messages;
};

namespace {

using Clock = std::chrono::steady_clock;

template <class Pipes>
Result<> make_pipes(Pipes& p) {
  int ends[2];
  // A socket and not a pipe for stdin: writing to a child that died must be an error and not a SIGPIPE for the daemon.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno(ErrorCode::Io, "cannot make a socket pair for the compiler", errno);
  p.input.reset(ends[0]);
  p.child_input.reset(ends[1]);
  for (auto [ours, theirs] : {std::pair{&p.output, &p.child_output}, std::pair{&p.messages, &p.child_messages}}) {
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(ErrorCode::Io, "cannot make a pipe for the compiler", errno);
    ours->reset(ends[0]);
    theirs->reset(ends[1]);
  }
  for (const UniqueFd* fd : {&p.input, &p.output, &p.messages})
    if (::fcntl(fd->get(), F_SETFL, O_NONBLOCK) != 0)
      return fail_errno(ErrorCode::Io, "cannot make a pipe non-blocking", errno);
  return Ok{};
}

/// posix_spawn's two argument objects, destroyed together.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

/// 0 or an errno value.
template <class Pipes>
int spawn(const std::vector<std::string>& args, const Pipes& pipes, pid_t* pid) {
  SpawnPlan plan;
  int error = 0;
  const auto also = [&error](int result) { error = error != 0 ? error : result; };
  also(::posix_spawn_file_actions_adddup2(&plan.actions, pipes.child_input.get(), 0));
  also(::posix_spawn_file_actions_adddup2(&plan.actions, pipes.child_output.get(), 1));
  also(::posix_spawn_file_actions_adddup2(&plan.actions, pipes.child_messages.get(), 2));
  also(::posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3));
  also(::posix_spawn_file_actions_addchdir_np(&plan.actions, "/"));
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  // The daemon blocks signals for its signalfd; a child that inherited that could not be ended by RLIMIT_CPU. Its own
  // process group keeps a Ctrl-C for the daemon from looking like a compiler crash.
  also(::posix_spawnattr_setsigmask(&plan.attributes, &none));
  also(::posix_spawnattr_setsigdefault(&plan.attributes, &all));
  also(::posix_spawnattr_setpgroup(&plan.attributes, 0));
  also(::posix_spawnattr_setflags(&plan.attributes,
                                  POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  if (error != 0) return error;
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  return ::posix_spawn(pid, argv[0], &plan.actions, &plan.attributes, argv.data(), environment);
}

/// The conversation with one child; its state is what poll() works on.
template <class Pipes>
class Conversation {
 public:
  Conversation(const ChildRequest& request, Pipes& pipes, pid_t pid)
      : request_(request), pipes_(pipes), pid_(pid), deadline_(Clock::now() + request.timeout) {
    // Kernels before 5.3 have no pidfd: there the end of both pipes stands for the end of the child, and a child that
    // closed them and lives on is ended by its processor time limit.
    ended_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  }

  Result<ChildOutcome> finish() {
    std::optional<Error> trouble;
    while (!trouble && (pipes_.output || pipes_.messages || ended_)) trouble = step();
    if (trouble) ::kill(pid_, SIGKILL);
    pipes_.input.reset();
    rusage usage{};
    while (::wait4(pid_, &outcome_.wait_status, 0, &usage) < 0) {
      if (errno == EINTR) continue;
      if (!trouble) trouble = fail_errno(ErrorCode::Internal, "cannot wait for the compiler process", errno).value();
      break;
    }
    outcome_.peak_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
    if (!trouble) return std::move(outcome_);
    trouble->detail = std::move(outcome_.messages);
    return tl::unexpected(std::move(*trouble));
  }

 private:
  std::optional<Error> step() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    std::array<pollfd, 4> fds{{{pipes_.input.get(), POLLOUT, 0},
                               {pipes_.output.get(), POLLIN, 0},
                               {pipes_.messages.get(), POLLIN, 0},
                               {ended_.get(), POLLIN, 0}}};
    const int ready =
        left <= 0 ? 0 : ::poll(fds.data(), fds.size(), static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready < 0 && errno != EINTR)
      return fail_errno(ErrorCode::Io, "cannot wait for the compiler process", errno).value();
    if (left <= 0)
      return Error{ErrorCode::Timeout, "the compiler did not finish in " + std::to_string(request_.timeout.count()) +
                                           " ms and was killed: make the policy smaller or the limit larger"};
    if (fds[0].revents != 0) send_input();
    if (fds[1].revents != 0 && !receive(pipes_.output, outcome_.output, request_.output_limit, nullptr))
      return Error{ErrorCode::Compile, "the compiler answered with more than " + std::to_string(request_.output_limit) +
                                           " bytes and was killed"};
    if (fds[2].revents != 0)
      receive(pipes_.messages, outcome_.messages, request_.messages_limit, &outcome_.messages_dropped);
    // The pipes are drained first: what the child wrote last may still be in them when its end shows.
    if (fds[3].revents != 0 && fds[1].revents == 0 && fds[2].revents == 0) {
      ended_.reset();
      pipes_.output.reset();
      pipes_.messages.reset();
    }
    return std::nullopt;
  }

  void send_input() {
    const std::string_view rest = request_.input.substr(sent_);
    const ssize_t n = rest.empty() ? 0 : ::send(pipes_.input.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n > 0) sent_ += static_cast<std::size_t>(n);
    // A child that stops reading has a reason, which its status and messages tell.
    const bool gone = n < 0 && errno != EINTR && errno != EAGAIN;
    if (gone || sent_ == request_.input.size()) pipes_.input.reset();
  }

  /// One read into `into`, at most up to `limit`; the rest is counted in `dropped`. False when the limit was passed and
  /// nobody counts. At the end of the stream `fd` is closed.
  static bool receive(UniqueFd& fd, std::string& into, std::size_t limit, std::uint64_t* dropped) {
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n <= 0) {
      fd.reset();
      return true;
    }
    const auto size = static_cast<std::size_t>(n);
    const std::size_t kept = std::min(size, limit - into.size());
    into.append(buffer.data(), kept);
    if (dropped != nullptr) *dropped += size - kept;
    return kept == size || dropped != nullptr;
  }

  const ChildRequest& request_;
  Pipes& pipes_;
  const pid_t pid_;
  const Clock::time_point deadline_;
  UniqueFd ended_;
  std::size_t sent_ = 0;
  ChildOutcome outcome_;
};

}  // namespace

ChildProcess::ChildProcess(std::unique_ptr<Pipes> pipes, int pid) : pipes_(std::move(pipes)), pid_(pid) {}
ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pipes_(std::move(other.pipes_)), pid_(std::exchange(other.pid_, -1)) {}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& argv) {
  auto pipes = std::make_unique<Pipes>();
  TRY_OK(make_pipes(*pipes));
  pid_t pid = 0;
  if (const int error = spawn(argv, *pipes, &pid); error != 0)
    return fail_errno(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "cannot start " + argv[0], error);
  pipes->child_input.reset();
  pipes->child_output.reset();
  pipes->child_messages.reset();
  return ChildProcess(std::move(pipes), pid);
}

Result<ChildOutcome> run_child(const ChildRequest& request) {
  TRY(ChildProcess child, ChildProcess::start(request.argv));
  return child.converse(request);
}

Result<ChildOutcome> ChildProcess::converse(const ChildRequest& request) {
  return Conversation(request, *pipes_, std::exchange(pid_, -1)).finish();
}

}  // namespace burin
