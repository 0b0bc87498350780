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
  bool stack_traces = true;    ///< lines below the event's
  bool ima_hash = true;        ///< a line below the event's
  bool bracket_ipv6 = false;   ///< [2001:db8::1]:443 where Tetragon prints 2001:db8::1:443
  bool tetragon_only = false;  ///< no arguments where Tetragon prints none
};

/// One line with its "\n", and the lines of its stack traces below it; an event kind that has no compact form gives an
/// empty string. Invalid JSON, or an event of a process without its process, is Error{Io}. A kprobe event is printed as
/// the catalog's probe for its function says; a function without probe gets Tetragon's "❓ syscall" line, then its
/// arguments.
Result<std::string> compact_line(std::string_view json, const ProbeCatalog& catalog, const CompactOptions& options);

}  // namespace burin
