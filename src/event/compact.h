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

/// One line with its "\n"; an event kind that has no compact form gives an empty string. Invalid JSON is an error.
Result<std::string> compact_line(std::string_view json, const ProbeCatalog& catalog, const CompactOptions& options);

}  // namespace burin
