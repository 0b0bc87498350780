// Filters on what a process is, asked about facts that were recorded: the reference meaning of what codegen/process/
// writes in C. A record seldom has all facts, so there are three answers.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/hook_plan.h"

namespace burin {

enum class Outcome {
  Fails,
  Holds,
  NotKnown,  ///< the record does not say what the filter asks for
};
/// "does not hold", "holds", "not known from the record".
std::string_view to_string(Outcome outcome);

/// What a record tells of a process. Whatever is empty is not known.
struct RecordedProcess {
  /// An ancestor, or an earlier program of the process itself.
  struct Ancestor {
    std::optional<std::uint32_t> pid;
    std::optional<std::uint32_t> namespace_pid;  ///< empty also when it is in another pid namespace
    std::optional<std::string> binary;
  };
  std::optional<std::uint32_t> pid;  ///< of the process, not of its thread
  std::optional<std::uint32_t> namespace_pid;
  std::optional<std::string> binary;
  std::vector<Ancestor> ancestors;  ///< nearest first; [0] is the parent
  /// Every program that the process and its ancestors ever ran is in `ancestors`, and all their pids.
  bool complete = false;
  std::array<std::optional<std::uint32_t>, kNamespaceKinds> namespaces;  ///< inode numbers, by NamespaceKind
  std::array<std::optional<std::uint32_t>, kNamespaceKinds> namespaces_at_exec;
  std::array<std::optional<std::uint64_t>, 3> capabilities;  ///< by CapabilitySet
  std::array<std::optional<std::uint64_t>, 3> capabilities_at_exec;
};

// One of these a kind.
Outcome holds(const PlannedPids& filter, const RecordedProcess& process);
Outcome holds(const PlannedBinaries& filter, const RecordedProcess& process);
Outcome holds(const PlannedNamespaces& filter, const RecordedProcess& process);
Outcome holds(const PlannedNamespaceChanges& filter, const RecordedProcess& process);
Outcome holds(const PlannedCapabilities& filter, const RecordedProcess& process);
/// Never known: which cgroups a workload has is not in a record.
Outcome holds(const PlannedWorkloads& filter, const RecordedProcess& process);
Outcome holds(const PlannedProcessFilter& filter, const RecordedProcess& process);

}  // namespace burin
