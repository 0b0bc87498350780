#include <variant>

#include "codegen/process_filter.h"

namespace burin {

std::string process_predicate(const PlannedProcessFilter& filter, SelectorSupport& support) {
  return std::visit([&support](const auto& f) { return predicate_of(f, support); }, filter);
}

}  // namespace burin
