// Filters on what the process is -> C expressions, one file a kind in codegen/process/.
#pragma once
#include <string>

#include "codegen/selectors.h"
#include "model/hook_plan.h"

namespace burin {

/// C expression, 1 when the filter holds. It may use `image` (struct burin_proc *, null when the process is not known),
/// `image_tgid`, `filter_task` (the current task; `support.tasks` says that templates/process.h is wanted), and
/// register sets with `support`.
std::string process_predicate(const PlannedProcessFilter& filter, SelectorSupport& support);

/// True when its expression uses `filter_task`.
bool reads_task(const PlannedProcessFilter& filter);

// One of these a kind.
std::string predicate_of(const PlannedBinaries& filter, SelectorSupport& support);
std::string predicate_of(const PlannedPids& filter, SelectorSupport& support);
std::string predicate_of(const PlannedNamespaces& filter, SelectorSupport& support);
std::string predicate_of(const PlannedNamespaceChanges& filter, SelectorSupport& support);
std::string predicate_of(const PlannedCapabilities& filter, SelectorSupport& support);
std::string predicate_of(const PlannedWorkloads& filter, SelectorSupport& support);

}  // namespace burin
