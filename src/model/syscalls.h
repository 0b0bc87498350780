// Numbers, names and parameters of syscalls, from the tables in syscalls/: a client names the syscalls of another
// machine, and a policy is checked for one, so the running kernel cannot be asked.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace burin {

/// A parameter as the kernel's format files have it: {"const char *", "filename"}.
struct SyscallParameter {
  std::string_view type, name;
};

// `abi` is "x64", "i386" or "arm64", as in events. The views live as long as the program.

/// "openat"; empty when there is no such number, or no table for the ABI.
std::string_view syscall_name(std::string_view abi, std::uint64_t number);
/// Nothing when the ABI has no syscall of that name.
std::optional<std::uint32_t> syscall_number(std::string_view abi, std::string_view name);
/// Every name of an ABI, in the order of the numbers; empty for an ABI without table.
std::vector<std::string_view> syscall_names(std::string_view abi);
/// Nothing when the parameters of this syscall are not known; an empty list when it has none.
std::optional<std::vector<SyscallParameter>> syscall_parameters(std::string_view name);

}  // namespace burin
