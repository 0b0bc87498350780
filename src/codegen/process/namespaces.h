// A task's namespace -> the C expression of its inode number.
#pragma once
#include <string>

#include "model/task_facts.h"

namespace burin {

/// C expression (u32) of the current task's namespace of this kind; 0 when it has none any more. Uses `filter_task` and
/// `image`, and templates/process.h.
std::string namespace_expression(NamespaceKind kind);

}  // namespace burin
