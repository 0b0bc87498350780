// syscall64 arguments as numbers: the id, and which of the two tables it belongs to.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operators/operator.h"

namespace burin {

/// "openat" (also "sys_openat", "__x64_sys_openat"), "i386/openat", a number, "i386/5", and where `ranges` is true
/// "first:last" of numbers. Numbers are of the machine's own table; bit 31 says i386, as Tetragon's events do.
NumberSet read_syscalls(const std::vector<Located<std::string>>& values, bool ranges, Diagnostics& diagnostics);
/// Whether the machine's own table has a number for this name.
bool is_syscall(std::string_view name);
/// u64 expression from the lvalue of a struct w_syscall: the pattern that read_syscalls() makes of the same call.
std::string syscall_in_c(const std::string& field);
/// The same of a decoded value; nothing when it is no syscall.
std::optional<std::uint64_t> syscall_of(const Value& value);

}  // namespace burin
