#include "model/kernel_names.h"

#include <linux/audit.h>
#include <sys/stat.h>

#include <span>

namespace burin {
namespace {

// include/uapi/linux/bpf.h of Linux 6.18, without the common prefix.
constexpr std::string_view kProgTypes[] = {"UNSPEC",
                                           "SOCKET_FILTER",
                                           "KPROBE",
                                           "SCHED_CLS",
                                           "SCHED_ACT",
                                           "TRACEPOINT",
                                           "XDP",
                                           "PERF_EVENT",
                                           "CGROUP_SKB",
                                           "CGROUP_SOCK",
                                           "LWT_IN",
                                           "LWT_OUT",
                                           "LWT_XMIT",
                                           "SOCK_OPS",
                                           "SK_SKB",
                                           "CGROUP_DEVICE",
                                           "SK_MSG",
                                           "RAW_TRACEPOINT",
                                           "CGROUP_SOCK_ADDR",
                                           "LWT_SEG6LOCAL",
                                           "LIRC_MODE2",
                                           "SK_REUSEPORT",
                                           "FLOW_DISSECTOR",
                                           "CGROUP_SYSCTL",
                                           "RAW_TRACEPOINT_WRITABLE",
                                           "CGROUP_SOCKOPT",
                                           "TRACING",
                                           "STRUCT_OPS",
                                           "EXT",
                                           "LSM",
                                           "SK_LOOKUP",
                                           "SYSCALL",
                                           "NETFILTER"};
constexpr std::string_view kMapTypes[] = {"UNSPEC",
                                          "HASH",
                                          "ARRAY",
                                          "PROG_ARRAY",
                                          "PERF_EVENT_ARRAY",
                                          "PERCPU_HASH",
                                          "PERCPU_ARRAY",
                                          "STACK_TRACE",
                                          "CGROUP_ARRAY",
                                          "LRU_HASH",
                                          "LRU_PERCPU_HASH",
                                          "LPM_TRIE",
                                          "ARRAY_OF_MAPS",
                                          "HASH_OF_MAPS",
                                          "DEVMAP",
                                          "SOCKMAP",
                                          "CPUMAP",
                                          "XSKMAP",
                                          "SOCKHASH",
                                          "CGROUP_STORAGE",
                                          "REUSEPORT_SOCKARRAY",
                                          "PERCPU_CGROUP_STORAGE",
                                          "QUEUE",
                                          "STACK",
                                          "SK_STORAGE",
                                          "DEVMAP_HASH",
                                          "STRUCT_OPS",
                                          "RINGBUF",
                                          "INODE_STORAGE",
                                          "TASK_STORAGE",
                                          "BLOOM_FILTER",
                                          "USER_RINGBUF",
                                          "CGRP_STORAGE",
                                          "ARENA",
                                          "INSN_ARRAY"};
constexpr std::string_view kPerfTypes[] = {"HARDWARE", "SOFTWARE",   "TRACEPOINT", "HW_CACHE",
                                           "RAW",      "BREAKPOINT", "MAX"};
constexpr std::string_view kCommands[] = {"BPF_MAP_CREATE",        "BPF_MAP_LOOKUP_ELEM",
                                          "BPF_MAP_UPDATE_ELEM",   "BPF_MAP_DELETE_ELEM",
                                          "BPF_MAP_GET_NEXT_KEY",  "BPF_PROG_LOAD",
                                          "BPF_OBJ_PIN",           "BPF_OBJ_GET",
                                          "BPF_PROG_ATTACH",       "BPF_PROG_DETACH",
                                          "BPF_PROG_TEST_RUN",     "BPF_PROG_GET_NEXT_ID",
                                          "BPF_MAP_GET_NEXT_ID",   "BPF_PROG_GET_FD_BY_ID",
                                          "BPF_MAP_GET_FD_BY_ID",  "BPF_OBJ_GET_INFO_BY_FD",
                                          "BPF_PROG_QUERY",        "BPF_RAW_TRACEPOINT_OPEN",
                                          "BPF_BTF_LOAD",          "BPF_BTF_GET_FD_BY_ID",
                                          "BPF_TASK_FD_QUERY",     "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
                                          "BPF_MAP_FREEZE",        "BPF_BTF_GET_NEXT_ID",
                                          "BPF_MAP_LOOKUP_BATCH",  "BPF_MAP_LOOKUP_AND_DELETE_BATCH",
                                          "BPF_MAP_UPDATE_BATCH",  "BPF_MAP_DELETE_BATCH",
                                          "BPF_LINK_CREATE",       "BPF_LINK_UPDATE",
                                          "BPF_LINK_GET_FD_BY_ID", "BPF_LINK_GET_NEXT_ID",
                                          "BPF_ENABLE_STATS",      "BPF_ITER_CREATE",
                                          "BPF_LINK_DETACH",       "BPF_PROG_BIND_MAP",
                                          "BPF_TOKEN_CREATE"};

struct Bit {
  unsigned number;
  std::string_view name;
};
// include/linux/panic.h
constexpr Bit kTaints[] = {{0, "TAINT_PROPRIETARY_MODULE"},        {1, "TAINT_FORCED_MODULE"},
                           {3, "TAINT_FORCED_UNLOAD_MODULE"},      {10, "TAINT_STAGED_MODULE"},
                           {12, "TAINT_OUT_OF_TREE_MODULE"},       {13, "TAINT_UNSIGNED_MODULE"},
                           {15, "TAINT_KERNEL_LIVE_PATCH_MODULE"}, {18, "TAINT_TEST_MODULE"}};
// include/uapi/linux/securebits.h
constexpr Bit kSecurebits[] = {{0, "SecBitNoRoot"},
                               {1, "SecBitNoRootLocked"},
                               {2, "SecBitNoSetUidFixup"},
                               {3, "SecBitNoSetUidFixupLocked"},
                               {4, "SecBitKeepCaps"},
                               {5, "SecBitKeepCapsLocked"},
                               {6, "SecBitNoCapAmbientRaise"},
                               {7, "SecBitNoCapAmbientRaiseLocked"}};

std::string prefixed(std::string_view prefix, std::span<const std::string_view> table, std::uint32_t number) {
  return number < table.size() ? std::string(prefix).append(table[number]) : std::to_string(number);
}

std::vector<std::string_view> bit_names(std::span<const Bit> table, std::uint64_t bits) {
  std::vector<std::string_view> out;
  for (const auto& bit : table)
    if (bits >> bit.number & 1) out.push_back(bit.name);
  return out;
}

/// Three characters; `special` stands in the place of x when its bit is set, in upper case when x is not.
void permit(std::string& out, std::uint32_t bits, bool has_special, char special) {
  out += (bits & 4) != 0 ? 'r' : '-';
  out += (bits & 2) != 0 ? 'w' : '-';
  const bool runs = (bits & 1) != 0;
  if (has_special)
    out += runs ? special : static_cast<char>(special - 'a' + 'A');
  else
    out += runs ? 'x' : '-';
}

}  // namespace

std::string bpf_prog_type_name(std::uint32_t number) {
  return prefixed("BPF_PROG_TYPE_", kProgTypes, number);
}
std::string bpf_map_type_name(std::uint32_t number) {
  return prefixed("BPF_MAP_TYPE_", kMapTypes, number);
}
std::string perf_type_name(std::uint32_t number) {
  return prefixed("PERF_TYPE_", kPerfTypes, number);
}
std::string_view bpf_command_name(std::uint32_t number) {
  return number < std::size(kCommands) ? kCommands[number] : std::string_view();
}

std::vector<std::string_view> taint_names(std::uint64_t bits) {
  return bit_names(kTaints, bits);
}
std::vector<std::string_view> securebit_names(std::uint32_t bits) {
  return bit_names(kSecurebits, bits);
}

std::string permission_text(std::uint32_t mode) {
  std::string out;
  switch (mode & S_IFMT) {
    case S_IFBLK: out = "b"; break;
    case S_IFCHR: out = "c"; break;
    case S_IFDIR: out = "d"; break;
    case S_IFIFO: out = "p"; break;
    case S_IFLNK: out = "l"; break;
    case S_IFREG: out = "-"; break;
    case S_IFSOCK: out = "s"; break;
    default: break;
  }
  permit(out, mode >> 6 & 7, (mode & S_ISUID) != 0, 's');
  permit(out, mode >> 3 & 7, (mode & S_ISGID) != 0, 's');
  permit(out, mode & 7, (mode & S_ISVTX) != 0, 't');
  return out;
}

std::string_view abi_name(std::uint32_t audit_arch) {
  switch (audit_arch) {
    case AUDIT_ARCH_X86_64: return "x64";
    case AUDIT_ARCH_I386: return "i386";
    case AUDIT_ARCH_AARCH64: return "arm64";
    case AUDIT_ARCH_ARM: return "arm32";
    default: return {};
  }
}

}  // namespace burin
