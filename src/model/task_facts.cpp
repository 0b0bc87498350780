#include "model/task_facts.h"

#include <array>

namespace burin {
namespace {

constexpr std::array<std::string_view, kNamespaceKinds> kNamespaces{
    "Uts", "Ipc", "Mnt", "Pid", "PidForChildren", "Net", "Time", "TimeForChildren", "Cgroup", "User"};
constexpr std::array<std::string_view, kNamespaceKinds> kProcNames{
    "uts", "ipc", "mnt", "pid", "pid_for_children", "net", "time", "time_for_children", "cgroup", "user"};

/// include/uapi/linux/capability.h; number 1 as Tetragon's enum has it.
constexpr std::string_view kCapabilities[] = {
    "CAP_CHOWN",           "DAC_OVERRIDE",         "CAP_DAC_READ_SEARCH", "CAP_FOWNER",           "CAP_FSETID",
    "CAP_KILL",            "CAP_SETGID",           "CAP_SETUID",          "CAP_SETPCAP",          "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",   "CAP_NET_ADMIN",       "CAP_NET_RAW",          "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",       "CAP_SYS_MODULE",       "CAP_SYS_RAWIO",       "CAP_SYS_CHROOT",       "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",       "CAP_SYS_ADMIN",        "CAP_SYS_BOOT",        "CAP_SYS_NICE",         "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",        "CAP_SYS_TTY_CONFIG",   "CAP_MKNOD",           "CAP_LEASE",            "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",   "CAP_SETFCAP",          "CAP_MAC_OVERRIDE",    "CAP_MAC_ADMIN",        "CAP_SYSLOG",
    "CAP_WAKE_ALARM",      "CAP_BLOCK_SUSPEND",    "CAP_AUDIT_READ",      "CAP_PERFMON",          "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE"};

}  // namespace

std::string_view to_string(NamespaceKind kind) {
  return kNamespaces[static_cast<std::size_t>(kind)];
}

std::optional<NamespaceKind> namespace_named(std::string_view name) {
  for (std::size_t i = 0; i < kNamespaces.size(); ++i)
    if (kNamespaces[i] == name) return static_cast<NamespaceKind>(i);
  return std::nullopt;
}

std::string_view proc_name(NamespaceKind kind) {
  return kProcNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(CapabilitySet set) {
  switch (set) {
    case CapabilitySet::Effective: return "Effective";
    case CapabilitySet::Inheritable: return "Inheritable";
    case CapabilitySet::Permitted: return "Permitted";
  }
  return "?";
}

std::optional<unsigned> capability_named(std::string_view name) {
  if (name == "CAP_DAC_OVERRIDE") return 1;
  for (unsigned i = 0; i < std::size(kCapabilities); ++i)
    if (kCapabilities[i] == name) return i;
  return std::nullopt;
}

std::string_view capability_name(unsigned number) {
  return number < std::size(kCapabilities) ? kCapabilities[number] : std::string_view();
}

std::span<const std::string_view> capability_table() {
  return kCapabilities;
}

}  // namespace burin
