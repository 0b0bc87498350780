#include "model/task_facts.h"

#include <array>

namespace burin {
namespace {

constexpr std::array<std::string_view, kNamespaceKinds> kNamespaces{
    "Uts", "Ipc", "Mnt", "Pid", "PidForChildren", "Net", "Time", "TimeForChildren", "Cgroup", "User"};
constexpr std::array<std::string_view, kNamespaceKinds> kProcNames{
    "uts", "ipc", "mnt", "pid", "pid_for_children", "net", "time", "time_for_children", "cgroup", "user"};

/// include/uapi/linux/capability.h; number 1 as Tetragon's enum has it.
constexpr std::string_view kCapabilities[] = {"CAP_CHOWN",
                                              "DAC_OVERRIDE",
                                              "CAP_DAC_READ_SEARCH",
                                              "CAP_FOWNER",
                                              "CAP_FSETID",
                                              "CAP_KILL",
                                              "CAP_SETGID",
                                              "CAP_SETUID",
                                              "CAP_SETPCAP",
                                              "CAP_LINUX_IMMUTABLE",
                                              "CAP_NET_BIND_SERVICE",
                                              "CAP_NET_BROADCAST",
                                              "CAP_NET_ADMIN",
                                              "CAP_NET_RAW",
                                              "CAP_IPC_LOCK",
                                              "CAP_IPC_OWNER",
                                              "CAP_SYS_MODULE",
                                              "CAP_SYS_RAWIO",
                                              "CAP_SYS_CHROOT",
                                              "CAP_SYS_PTRACE",
                                              "CAP_SYS_PACCT",
                                              "CAP_SYS_ADMIN",
                                              "CAP_SYS_BOOT",
                                              "CAP_SYS_NICE",
                                              "CAP_SYS_RESOURCE",
                                              "CAP_SYS_TIME",
                                              "CAP_SYS_TTY_CONFIG",
                                              "CAP_MKNOD",
                                              "CAP_LEASE",
                                              "CAP_AUDIT_WRITE",
                                              "CAP_AUDIT_CONTROL",
                                              "CAP_SETFCAP",
                                              "CAP_MAC_OVERRIDE",
                                              "CAP_MAC_ADMIN",
                                              "CAP_SYSLOG",
                                              "CAP_WAKE_ALARM",
                                              "CAP_BLOCK_SUSPEND",
                                              "CAP_AUDIT_READ",
                                              "CAP_PERFMON",
                                              "CAP_BPF",
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

std::vector<std::string> layout_of_namespace_pid() {
  return {"task_struct.thread_pid", "pid.level", "pid.numbers", "upid.nr", "upid.ns"};
}

std::vector<std::string> layout_of(NamespaceKind kind) {
  const auto proxied = [](const char* member, const char* type) {
    return std::vector<std::string>{"task_struct.nsproxy", std::string("nsproxy.") + member,
                                    std::string(type) + ".ns.inum"};
  };
  switch (kind) {
    case NamespaceKind::Uts: return proxied("uts_ns", "uts_namespace");
    case NamespaceKind::Ipc: return proxied("ipc_ns", "ipc_namespace");
    case NamespaceKind::Mnt: return proxied("mnt_ns", "mnt_namespace");
    case NamespaceKind::PidForChildren: return proxied("pid_ns_for_children", "pid_namespace");
    case NamespaceKind::Net: return proxied("net_ns", "net");
    case NamespaceKind::Time: return proxied("time_ns", "time_namespace");
    case NamespaceKind::TimeForChildren: return proxied("time_ns_for_children", "time_namespace");
    case NamespaceKind::Cgroup: return proxied("cgroup_ns", "cgroup_namespace");
    case NamespaceKind::User: return {"task_struct.real_cred", "cred.user_ns", "user_namespace.ns.inum"};
    case NamespaceKind::Pid: break;
  }
  std::vector<std::string> out = layout_of_namespace_pid();
  out.emplace_back("pid_namespace.ns.inum");
  return out;
}

std::vector<std::string> layout_of(CapabilitySet set) {
  const char* const names[] = {"cred.cap_effective", "cred.cap_inheritable", "cred.cap_permitted"};
  return {"task_struct.real_cred", names[static_cast<std::size_t>(set)]};
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
