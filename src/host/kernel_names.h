// Names of everything of one kind that this kernel has: system calls, functions.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace burin {

/// Every system call without prefix ("openat"), sorted: those with a tracepoint, else (no tracefs, or a kernel without
/// syscall tracepoints) those with a wrapper in /proc/kallsyms. `tracefs` is its mount point as the host names it.
std::vector<std::string> syscall_names(const std::filesystem::path& root, const std::string& tracefs);

/// Names of the functions in /proc/kallsyms, those of loaded modules too, sorted; empty: it cannot be read.
std::vector<std::string> function_names(const std::filesystem::path& root);

/// Kernel functions of available_filter_functions whose name the RE2 pattern finds anywhere in it, sorted, each once.
/// InvalidPolicy: the pattern is none; Unsupported: the list cannot be read.
Result<std::vector<std::string>> matching_functions(const std::filesystem::path& root, const std::string& tracefs,
                                                    std::string_view pattern);

}  // namespace burin
