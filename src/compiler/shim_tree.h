// The kernel header shim (templates/shim) as a directory tree that BCC can be pointed at.
#pragma once
#include <string>

#include "base/result.h"

namespace burin {

/// Writes the embedded shim below `directory`, which must be empty, ours and closed to everybody else. Started as root,
/// the tree stays root's and becomes readable for `reader` (a group id), and for nobody else.
Result<> write_shim_tree(const std::string& directory, unsigned reader);

}  // namespace burin
