// Threads and child processes that put themselves into a known state and hold still while their task_struct is read.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>

#include "base/unique_fd.h"
#include "discovery/memory.h"

namespace burin {

/// Somebody whose task_struct is looked at.
struct Subject {
  Introduced who;
  Bytes task;  ///< a copy of the whole task_struct, of the moment when it was taken
};

class PosedThread {
 public:
  /// Starts a thread that introduces itself and then runs `pose`; returns when that is done. Null when there is no
  /// thread, or `pose` says false. The thread lives until the object goes; `linger`, if any, runs meanwhile and has to
  /// come to its end by itself.
  static std::unique_ptr<PosedThread> start(KernelPeek& peek, std::function<bool()> pose,
                                            std::function<void()> linger = {});
  PosedThread(const PosedThread&) = delete;
  PosedThread& operator=(const PosedThread&) = delete;
  ~PosedThread();

  const Introduced& who() const { return who_; }

 private:
  PosedThread() = default;
  void run(KernelPeek& peek, const std::function<bool()>& pose, const std::function<void()>& linger);

  std::binary_semaphore posed_{0}, leave_{0};
  Introduced who_;
  bool ready_ = false;
  std::thread thread_;
};

/// What a child tells of itself. Numbers are 0 where the step did not succeed.
struct ChildReport {
  Introduced who;
  std::uint32_t login_uid;      ///< as it set it
  std::uint32_t user_ns_inode;  ///< of a namespace that it made
  std::uint32_t user_ns_level;  ///< of that namespace, above the parent's
  std::uint32_t user_ns_owner;  ///< user and group that made it
  std::uint32_t user_ns_group;
  std::uint32_t pid_ns_inode;  ///< of the pid namespace that it lives in
  std::uint64_t arg_start;     ///< where its arguments begin and end, of which it moved one
  std::uint64_t arg_end;
};

/// A forked child that sends nothing to anybody when it ends (no SIGCHLD), and ends when this process does.
class PosedChild {
 public:
  /// Forks. The child introduces itself and runs `pose`, which may only make system calls: other threads' locks may
  /// have been held at the fork. Null when there is no child or it did not answer. The child's parent is the calling
  /// thread, which has to live as long as the child is wanted.
  static std::unique_ptr<PosedChild> start(KernelPeek& peek, const std::function<void(ChildReport&)>& pose);
  PosedChild(const PosedChild&) = delete;
  PosedChild& operator=(const PosedChild&) = delete;
  /// Ends the child and removes what is left of it.
  ~PosedChild();

  const ChildReport& report() const { return report_; }
  pid_t pid() const { return pid_; }
  /// Lets the child end with this code.
  bool exit_with(std::uint8_t code);
  /// Ends it by SIGKILL.
  bool kill();
  /// Waits until it has ended; its task_struct is still there then.
  bool ended();

 private:
  PosedChild() = default;

  pid_t pid_ = -1;
  UniqueFd to_child_, from_child_;
  ChildReport report_{};
};

/// A thread that traces a child, so that its `parent` is no longer its `real_parent`, and that stops it when it ends.
class Tracer {
 public:
  /// Null when tracing is not allowed here.
  static std::unique_ptr<Tracer> start(KernelPeek& peek, pid_t child);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  /// Lets go of the child; kills it, unless it was told to end and stopped.
  ~Tracer();

  /// After the child was told to end: returns when it has stopped on its way. False when it ended without.
  bool wait_stopped();

 private:
  explicit Tracer(pid_t child) : child_(child) {}

  pid_t child_;
  bool waited_ = false, stopped_ = false;
  std::binary_semaphore changed_{0};
  std::unique_ptr<PosedThread> thread_;
};

}  // namespace burin
