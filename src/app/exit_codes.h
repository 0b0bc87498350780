// The process's exit codes: one table.
#pragma once
#include "base/result.h"

namespace burin {

inline constexpr int kExitOk = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPolicy = 3;
inline constexpr int kExitHost = 4;
inline constexpr int kExitLoad = 5;

/// The exit code that stands for a kind of error.
int exit_code_of(ErrorCode code);

/// Prints "burin: <text>" and the detail below it on standard error, and returns the exit code.
int report(const Error& error);

}  // namespace burin
