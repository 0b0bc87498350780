// The stacks in a record's tail.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "model/event.h"

namespace burin {

/// Addresses of the stack that field `field` (an index into the layout, or none) names; no names yet. False when it
/// lies outside the record.
bool read_stack(const RecordLayout& layout, std::size_t field, std::span<const std::byte> record,
                std::vector<StackFrame>& out);

}  // namespace burin
