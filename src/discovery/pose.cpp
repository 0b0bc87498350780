#include "discovery/pose.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>

namespace burin {
namespace {

/// Longest time, in milliseconds, that a child may take to pose; it takes less than one, where nothing is emulated.
constexpr int kChildWait = 2000;

bool make_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
  return true;
}

/// The child's life. It leaves without running anything of the parent's exit handlers.
[[noreturn]] void live_as_child(KernelPeek& peek, const std::function<void(ChildReport&)>& pose, int orders,
                                int answers) {
  ChildReport report{};
  std::uint8_t code = 1;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (const auto who = peek.introduce()) {
    report.who = *who;
    pose(report);
    if (::write(answers, &report, sizeof report) == sizeof report && ::read(orders, &code, 1) != 1) code = 1;
  }
  ::syscall(SYS_exit_group, code);
  __builtin_unreachable();
}

}  // namespace

std::unique_ptr<PosedThread> PosedThread::start(KernelPeek& peek, std::function<bool()> pose,
                                                std::function<void()> linger) {
  std::unique_ptr<PosedThread> posed(new PosedThread);
  try {
    posed->thread_ = std::thread([self = posed.get(), &peek, pose = std::move(pose), linger = std::move(linger)] {
      self->run(peek, pose, linger);
    });
  } catch (const std::system_error&) {
    return nullptr;  // no more threads for us
  }
  posed->posed_.acquire();
  return posed->ready_ ? std::move(posed) : nullptr;
}

void PosedThread::run(KernelPeek& peek, const std::function<bool()>& pose, const std::function<void()>& linger) {
  if (const auto who = peek.introduce()) {
    who_ = *who;
    ready_ = pose();
  }
  posed_.release();
  if (ready_ && linger) linger();
  leave_.acquire();
}

PosedThread::~PosedThread() {
  leave_.release();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<PosedChild> PosedChild::start(KernelPeek& peek, const std::function<void(ChildReport&)>& pose) {
  std::unique_ptr<PosedChild> child(new PosedChild);
  UniqueFd orders, answers;
  if (!make_pipe(orders, child->to_child_) || !make_pipe(child->from_child_, answers)) return nullptr;
  // As fork(), but without a signal at the end: SIGCHLD belongs to whoever started us.
  child->pid_ = static_cast<pid_t>(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr));
  if (child->pid_ == 0) {
    child->to_child_.reset();
    child->from_child_.reset();
    live_as_child(peek, pose, orders.get(), answers.get());
  }
  if (child->pid_ < 0) return nullptr;
  answers.reset();
  pollfd ready{child->from_child_.get(), POLLIN, 0};
  if (::poll(&ready, 1, kChildWait) != 1) return nullptr;
  if (::read(child->from_child_.get(), &child->report_, sizeof(ChildReport)) != sizeof(ChildReport)) return nullptr;
  return child;
}

bool PosedChild::ended() {
  siginfo_t info{};
  int result = -1;
  do result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | __WALL);
  while (result != 0 && errno == EINTR);
  return result == 0;
}

bool PosedChild::exit_with(std::uint8_t code) {
  return ::write(to_child_.get(), &code, 1) == 1;
}

bool PosedChild::kill() {
  return ::kill(pid_, SIGKILL) == 0;
}

PosedChild::~PosedChild() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | __WALL) != 0 && errno == EINTR) {
  }
}

std::unique_ptr<Tracer> Tracer::start(KernelPeek& peek, pid_t child) {
  std::unique_ptr<Tracer> tracer(new Tracer(child));
  const auto seize = [child] { return ::ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_TRACEEXIT) == 0; };
  const auto wait = [self = tracer.get()] {
    int status = 0;
    pid_t got = -1;
    do got = ::waitpid(self->child_, &status, __WALL);
    while (got < 0 && errno == EINTR);
    self->stopped_ = got == self->child_ && WIFSTOPPED(status);
    self->changed_.release();
  };
  tracer->thread_ = PosedThread::start(peek, seize, wait);
  return tracer->thread_ ? std::move(tracer) : nullptr;
}

bool Tracer::wait_stopped() {
  if (!waited_) changed_.acquire();
  waited_ = true;
  return stopped_;
}

Tracer::~Tracer() {
  if (!thread_) return;
  if (!waited_) ::kill(child_, SIGKILL);
}

}  // namespace burin
