// Which kind of filter it is decides who writes its C.
#include <variant>

#include "codegen/process_filter.h"

namespace burin {

std::string process_predicate(const PlannedProcessFilter& filter, SelectorSupport& support) {
  return std::visit([&support](const auto& f) { return predicate_of(f, support); }, filter);
}

bool reads_task(const PlannedProcessFilter& filter) {
  if (const auto* pids = std::get_if<PlannedPids>(&filter)) return pids->namespace_pid;
  return !std::holds_alternative<PlannedBinaries>(filter) && !std::holds_alternative<PlannedWorkloads>(filter);
}

}  // namespace burin
