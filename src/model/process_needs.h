// What the policies of a daemon need to know of every process, beyond what is always recorded. The base programs record
// it where processes are made and replaced, and it costs nothing when nobody asks.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/hook_plan.h"

namespace burin {

struct ProcessNeeds {
  bool parents = false;            ///< the parent's path and marks (matchParentBinaries)
  bool facts = false;              ///< namespaces and capabilities at the exec
  std::vector<Followed> followed;  ///< of all policies

  std::size_t paths() const;  ///< followed program paths
  std::size_t pids() const;   ///< followed pids
  /// Bits of marks that follow pids of pid namespaces.
  std::uint64_t namespace_marks() const;
  friend bool operator==(const ProcessNeeds&, const ProcessNeeds&) = default;
};

/// Of all these policies together: they share one process map, and so one shape of it.
ProcessNeeds needs_of(std::span<const HookPlan> plans);
ProcessNeeds needs_of(const HookPlan& plan);
/// Adds what one more policy needs.
void add_needs(const HookPlan& plan, ProcessNeeds& needs);

}  // namespace burin
