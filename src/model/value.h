// Decoded argument values: what an event carries and what the reference evaluation of a filter looks at.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace burin {

/// Sixteen bytes in network order; an AF_INET address uses the first four, the rest are zero.
using AddressBytes = std::array<std::uint8_t, 16>;

/// `sock` and `socket` arguments. Ports are in host order.
struct SockValue {
  std::uint16_t family = 0;
  std::uint16_t type = 0;  ///< SOCK_STREAM...; 0 = not known on this rung
  std::uint16_t protocol = 0;
  std::uint8_t state = 0;
  AddressBytes saddr{}, daddr{};
  std::uint16_t sport = 0, dport = 0;
  std::uint32_t mark = 0, priority = 0;
  std::uint64_t cookie = 0;  ///< the kernel's pointer to the sock, as Tetragon has it
};

struct SkbValue {
  std::uint16_t family = 0;
  std::uint16_t protocol = 0;
  AddressBytes saddr{}, daddr{};
  std::uint16_t sport = 0, dport = 0;
  std::uint32_t hash = 0, len = 0, priority = 0, mark = 0;
};

struct SockaddrValue {
  std::uint16_t family = 0;
  std::uint16_t port = 0;
  AddressBytes addr{};
};

/// JSON number, key int_arg.
struct IntValue {
  std::int32_t value = 0;
};
/// JSON number, key uint_arg.
struct UintValue {
  std::uint32_t value = 0;
};
/// JSON string of digits, key long_arg.
struct LongValue {
  std::int64_t value = 0;
};
/// JSON string of digits, key size_arg.
struct SizeValue {
  std::uint64_t value = 0;
};
/// An array of longs: as many elements with key size_arg as it has.
struct SizeListValue {
  std::vector<std::uint64_t> values;
};
/// Key string_arg; bytes as the kernel had them (the encoder replaces what is not UTF-8).
struct StringValue {
  std::string value;
  bool truncated = false;
};
/// Keys bytes_arg and, when there were more bytes than were read, truncated_bytes_arg.
struct BytesValue {
  std::string bytes;
  std::uint64_t orig_size = 0;  ///< bytes there were; larger than bytes.size() when it was cut
};
/// A file: keys file_arg, path_arg, linux_binprm_arg.
struct PathValue {
  enum class Kind : std::uint8_t { File, Path, LinuxBinprm };
  Kind kind = Kind::File;
  std::string path;         ///< empty for a file without a path (a pipe, a socket)
  bool incomplete = false;  ///< the path has more components than were walked, or than fit
  std::uint32_t mode = 0;   ///< i_mode: S_IF* and permission bits; 0 = not known
};
/// Key sockaddrun_arg.
struct SockaddrUnValue {
  std::uint16_t family = 0;
  std::string path;  ///< an abstract name begins with '@'; empty when unnamed
};
/// Key syscall_id.
struct SyscallValue {
  std::uint64_t id = 0;
  std::uint32_t abi = 0;  ///< AUDIT_ARCH_* of the syscall table
};
/// The sets of a credential, bit i = capability i.
struct CapabilitySets {
  std::uint64_t permitted = 0, effective = 0, inheritable = 0;
};
/// Key user_ns_arg.
struct UserNamespaceValue {
  std::int32_t level = 0;
  std::uint32_t uid = 0, gid = 0;  ///< of its owner
  std::uint32_t inum = 0;
};
/// Key process_credentials_arg.
struct CredValue {
  std::uint32_t uid = 0, gid = 0, euid = 0, egid = 0, suid = 0, sgid = 0, fsuid = 0, fsgid = 0;
  std::uint32_t securebits = 0;
  CapabilitySets caps;
  UserNamespaceValue user_ns;
};
/// Key capability_arg.
struct CapabilityValue {
  std::int32_t value = 0;
};
/// Keys kernel_cap_t_arg, cap_inheritable_arg, cap_permitted_arg, cap_effective_arg.
struct CapsValue {
  enum class Kind : std::uint8_t { KernelCapT, Inheritable, Permitted, Effective };
  Kind kind = Kind::KernelCapT;
  std::uint64_t bits = 0;
};
/// Key module_arg.
struct ModuleValue {
  std::string name;
  std::optional<bool> signature_ok;  ///< known while a module is being loaded
  std::uint64_t taints = 0;          ///< bits of the kernel's TAINT_*
};
/// Keys bpf_attr_arg and bpf_prog_arg.
struct BpfProgValue {
  bool from_attr = false;
  std::uint32_t type = 0, insn_count = 0;
  std::string name;
};
/// Key bpf_map_arg.
struct BpfMapValue {
  std::uint32_t type = 0, key_size = 0, value_size = 0, max_entries = 0;
  std::string name;
};
/// Key bpf_cmd_arg.
struct BpfCmdValue {
  std::uint32_t command = 0;
};
/// Key perf_event_arg.
struct PerfEventValue {
  std::string kprobe_function;
  std::uint32_t type = 0;
  std::uint64_t config = 0, probe_offset = 0;
};
/// Key error_arg: the argument could not be read.
struct ErrorValue {
  std::string message;
};
/// An argument of type nop: not printed.
struct NopValue {};

using Value = std::variant<NopValue, SockValue, SkbValue, SockaddrValue, IntValue, UintValue, LongValue, SizeValue,
                           StringValue, ErrorValue, BytesValue, PathValue, SockaddrUnValue, SyscallValue,
                           UserNamespaceValue, CredValue, CapabilityValue, CapsValue, ModuleValue, BpfProgValue,
                           BpfMapValue, BpfCmdValue, PerfEventValue, SizeListValue>;

}  // namespace burin
