// The system calls a compile may make. The list was measured (strace over every test of the compile suite, crashes and
// memory exhaustion included) and then widened by what other versions of the C library use for the same jobs.
// Everything else, whether harmless or not, fails with EPERM: clang then goes on without, or says so.
#include <asm/termbits.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "compiler/sandbox.h"

namespace burin {
namespace {

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

// Reading and asking; nothing here changes anything outside this process.
constexpr int kAllowed[] = {
    // Memory (mmap and mprotect: below).
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    // Files that are open (which can only be for reading, or our pipes), and questions about others.
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(getdents64),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(chdir),
    SCMP_SYS(fchdir),
    // Locks, which clang takes although nobody competes.
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
    // Signals to ourselves (tgkill: below).
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    // Who and where am I, what time is it.
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    // The end.
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

constexpr int kFcntlCommands[] = {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC};

/// 0 or a negative errno value, as libseccomp has it.
int fill(scmp_filter_ctx filter) {
  const auto allow = [filter](int call, auto... conditions) {
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...);
  };
  int error = 0;
  const auto also = [&error](int result) { error = error != 0 ? error : result; };
  for (const int call : kAllowed) also(allow(call));
  for (const int command : kFcntlCommands)
    also(allow(SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, static_cast<scmp_datum_t>(command))));
  // Opening: only to read. O_TMPFILE, which makes a file, needs O_RDWR or O_WRONLY.
  constexpr scmp_datum_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;
  also(allow(SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, kWriting, O_RDONLY)));
  also(allow(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, kWriting, O_RDONLY)));
  // New code never: all libraries are in, and BCC's bytecode is data here.
  also(allow(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
  also(allow(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
  // Limits may be read, not set; terminals asked whether they are some.
  also(allow(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)));
  also(allow(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TCGETS)));
  // abort() signals its own process.
  also(allow(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()))));
  return error;
}

}  // namespace

Result<> install_syscall_filter() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
  if (!filter) return fail(ErrorCode::Unsupported, "cannot make a system call filter");
  if (const int error = fill(filter.get()); error != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot add to the system call filter", -error);
  if (const int error = seccomp_load(filter.get()); error != 0)
    return fail_errno(ErrorCode::Unsupported,
                      "cannot install the system call filter (kernel without CONFIG_SECCOMP_FILTER?)", -error);
  return Ok{};
}

}  // namespace burin
