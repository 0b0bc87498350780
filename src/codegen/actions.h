// Actions -> C statements that run in the branch of the selector that matched.
#pragma once
#include <string>
#include <vector>

#include "codegen/selectors.h"
#include "codegen/template.h"
#include "model/hook_plan.h"

namespace burin {

/// Statements for the selector's actions, at the entry (`actions`) or at the return (`return_actions`). They may use
/// `r`, `s`, `ctx`, `slots` (first counter slot of this hook), and set `action`, `post`, `result`.
std::vector<GeneratedLine> action_lines(const PlannedHook& hook, const PlannedSelector& selector, std::size_t index,
                                        bool at_return, SelectorSupport& support);

}  // namespace burin
