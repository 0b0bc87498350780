// Selectors -> C: the chain of ifs that decides whether a hook's event matches, and the sets it compares with.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codegen/template.h"
#include "model/hook_plan.h"
#include "model/program.h"

namespace burin {

/// What selectors need outside of the program's body.
struct SelectorSupport {
  std::string maps;       ///< file scope, first
  std::string functions;  ///< file scope, after maps
  std::vector<MapInit> inits;
  std::uint32_t next_set = 0;    ///< number of the next set, unique in the unit
  std::optional<Error> failure;  ///< a set that cannot be held in any shape
};

/// Lines that set matched, selector, action, post and signal for `r`; adds the sets to `support`. No selectors: always
/// matches. `tgid` is the C expression of the process for matchBinaries.
Result<std::vector<GeneratedLine>> selector_lines(const PlannedHook& hook, std::string_view tgid,
                                                  SelectorSupport& support);

}  // namespace burin
