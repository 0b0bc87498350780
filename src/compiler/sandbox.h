// What burin-compile gives up before clang sees a byte: whatever takes over clang through a policy finds a process that
// can read world-readable files, use some memory and time, and answer on a pipe whose reader trusts nothing.
#pragma once
#include <cstdint>

#include "base/result.h"

namespace burin {

/// User and group that a compile runs as when it was started by root ("nobody" and "nogroup" on most systems).
inline constexpr unsigned kUnprivilegedId = 65534;

struct SandboxLimits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t cpu_seconds = 0;
};

/// Drops uid, gid, groups and every capability for good, sets the limits, and installs the system call filter. Files
/// can no longer be written or made, programs not be started, nobody be signalled. All or an error; call it once,
/// before threads.
Result<> enter_sandbox(const SandboxLimits& limits);

/// The filter alone (seccomp.cpp).
Result<> install_syscall_filter();

/// Tries, from inside the sandbox, what it must refuse, and prints "NAME: refused" or "NAME: ALLOWED", a line each, on
/// stdout. True when everything was refused. `directory` is one that the process could write before.
bool check_sandbox(const char* directory);

}  // namespace burin
