// A JSON event line -> Tetragon's compact line. Works on JSON because its reader is the terminal client.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/probe_catalog.h"

namespace burin {

struct CompactOptions {
  bool color = false;
  bool timestamps = false;
};

/// One line with its "\n"; an event kind that has no compact form gives an empty string. Invalid JSON, or an event of a
/// process without its process, is Error{Io}. A kprobe event is printed as the catalog's probe for its function says; a
/// function without probe gets Tetragon's "❓ syscall" line.
Result<std::string> compact_line(std::string_view json, const ProbeCatalog& catalog, const CompactOptions& options);

}  // namespace burin
