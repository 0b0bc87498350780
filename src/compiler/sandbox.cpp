// Privileges and resource limits of the compile.
#include "compiler/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace burin {
namespace {

/// For a daemon that is not root but was given capabilities (ambient ones survive an exec), and for a root that keeps
/// them across a change of user.
Result<> drop_capabilities() {
  // Dropping from the bounding set needs CAP_SETPCAP; without it no_new_privs and the empty sets below do the same
  // work.
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM)
      return fail_errno(ErrorCode::Unsupported, "cannot drop a capability", errno);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)  // EINVAL: before 4.3
    return fail_errno(ErrorCode::Unsupported, "cannot clear the ambient capabilities", errno);
  return Ok{};
}

Result<> empty_capability_sets() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, none) != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot empty the capability sets", errno);
  return Ok{};
}

Result<> drop_user() {
  if (::geteuid() != 0 && ::getuid() != 0) return Ok{};
  const auto id = kUnprivilegedId;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 || ::setresuid(id, id, id) != 0) {
    const int error = errno;
    auto failure = fail_errno(ErrorCode::Unsupported,
                              "cannot become user " + std::to_string(id) +
                                  " (needs CAP_SETUID and CAP_SETGID, and a user namespace that maps this number)",
                              error);
    return failure;
  }
  if (::setuid(0) == 0) return fail(ErrorCode::Internal, "root could be regained after it was dropped");
  return Ok{};
}

/// `grace`: how much further the hard limit is.
Result<> limit(__rlimit_resource resource, std::uint64_t value, const char* name, std::uint64_t grace = 0) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0)
    return fail_errno(ErrorCode::Unsupported, std::string("cannot read ") + name, errno);
  const auto at_most = [&now](rlim_t n) {
    return now.rlim_max == RLIM_INFINITY || n < now.rlim_max ? n : now.rlim_max;
  };
  const rlimit both{at_most(value), at_most(value + grace)};
  if (::setrlimit(resource, &both) != 0)
    return fail_errno(ErrorCode::Unsupported, std::string("cannot set ") + name, errno);
  return Ok{};
}

Result<> set_limits(const SandboxLimits& limits) {
  TRY_OK(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  TRY_OK(limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"));
  TRY_OK(limit(RLIMIT_NPROC, 0, "RLIMIT_NPROC"));
  TRY_OK(limit(RLIMIT_CPU, limits.cpu_seconds, "RLIMIT_CPU", 1));  // at the soft one SIGXCPU, which tells
#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer's shadow alone is terabytes of address space
  TRY_OK(limit(RLIMIT_AS, limits.memory_bytes, "RLIMIT_AS"));
#endif
  return Ok{};
}

}  // namespace

Result<> enter_sandbox(const SandboxLimits& limits) {
  // A write past RLIMIT_FSIZE shall be an error like any other.
  ::signal(SIGXFSZ, SIG_IGN);
  TRY_OK(drop_capabilities());
  TRY_OK(drop_user());
  TRY_OK(empty_capability_sets());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot set no_new_privs", errno);
  // Changing the user cleared this, so it comes late; whoever died before closed the pipe we answer on.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot ask to die with the parent", errno);
  TRY_OK(set_limits(limits));
  return install_syscall_filter();
}

}  // namespace burin
