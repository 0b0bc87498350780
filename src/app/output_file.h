// Files that the user asked for with -o.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace burin {

/// Writes a file beside `file` and renames it: `file` is there as a whole or as it was. A link is followed and stays;
/// what is no regular file (/dev/stdout, a FIFO) is written to as it is. Error{Io}.
Result<> write_output(const std::string& file, std::string_view bytes);

}  // namespace burin
