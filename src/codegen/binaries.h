// matchBinaries -> C: the path in the process map compared as words, so that no text of a policy reaches C.
#pragma once
#include <string>

#include "model/hook_plan.h"

namespace burin {

/// C expression over `image` (struct burin_proc *, may be null: then nothing is known and nothing matches).
std::string binaries_predicate(const PlannedBinaries& filter);

}  // namespace burin
