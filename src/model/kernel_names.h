// Names of the kernel's enums that events print: BPF program types, map types and commands, perf event types, taints,
// securebits, file modes, syscall tables.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

/// "BPF_PROG_TYPE_KPROBE", "BPF_MAP_TYPE_HASH", "PERF_TYPE_TRACEPOINT"; the decimal number when it has no name.
std::string bpf_prog_type_name(std::uint32_t number);
std::string bpf_map_type_name(std::uint32_t number);
std::string perf_type_name(std::uint32_t number);
/// "BPF_PROG_LOAD"; empty when the event schema has no name for it (the number is printed then).
std::string_view bpf_command_name(std::uint32_t number);

/// Names of the bits that the event schema has for a module's taints ("TAINT_OUT_OF_TREE_MODULE") and for securebits
/// ("SecBitKeepCaps"), lowest bit first; other bits have none.
std::vector<std::string_view> taint_names(std::uint64_t bits);
std::vector<std::string_view> securebit_names(std::uint32_t bits);

/// As `ls -l` prints an inode's mode: "-rw-r--r--", "drwxrwxrwt". A mode without file type has no first character.
std::string permission_text(std::uint32_t mode);

/// "x64", "i386", "arm64", "arm32" for an AUDIT_ARCH_* value; empty for another.
std::string_view abi_name(std::uint32_t audit_arch);

}  // namespace burin
