// Words for what a process has besides its name: namespaces and capabilities.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

/// In the order in which Tetragon prints them; also the order of burin_proc.ns in the kernel.
enum class NamespaceKind : std::uint8_t {
  Uts,
  Ipc,
  Mnt,
  Pid,
  PidForChildren,
  Net,
  Time,
  TimeForChildren,
  Cgroup,
  User,
};
inline constexpr std::size_t kNamespaceKinds = 10;
/// "Uts" ... "PidForChildren", as a policy writes it.
std::string_view to_string(NamespaceKind kind);
/// Case-sensitive, as in the schema. Nothing when there is none.
std::optional<NamespaceKind> namespace_named(std::string_view name);
/// The name in /proc/PID/ns: "uts", "pid_for_children".
std::string_view proc_name(NamespaceKind kind);
/// The structure members by which a task's namespace of this kind is found.
std::vector<std::string> layout_of(NamespaceKind kind);
/// The same for the pid of a task in its innermost pid namespace.
std::vector<std::string> layout_of_namespace_pid();

enum class CapabilitySet : std::uint8_t { Effective, Inheritable, Permitted };
std::string_view to_string(CapabilitySet set);
/// The structure members by which a task's capabilities are found.
std::vector<std::string> layout_of(CapabilitySet set);

/// Bit number of "CAP_SYS_ADMIN"; capability 1 is "CAP_DAC_OVERRIDE", which Tetragon writes "DAC_OVERRIDE": both are
/// understood. Nothing when there is none.
std::optional<unsigned> capability_named(std::string_view name);
/// "CAP_SYS_ADMIN" ("DAC_OVERRIDE" for 1, as events have it); empty beyond the last one known.
std::string_view capability_name(unsigned number);
/// All names by number.
std::span<const std::string_view> capability_table();

}  // namespace burin
