// Reads this machine's facts from files under an injectable root.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/host_facts.h"

namespace burin {

/// Facts that need only reading. `root` is "/" in production; tests pass a directory with proc/, sys/. `tracepoints` are
/// "category:event" names whose formats are wanted; one that does not exist is left out. Mounts nothing.
HostFacts read_host(const std::filesystem::path& root, const std::vector<std::string>& tracepoints);

/// Parses a tracefs `format` file.
Result<TracepointFormat> parse_tracepoint_format(std::string_view text);

/// Mounts tracefs at /sys/kernel/tracing when no tracefs is mounted and we may; returns its path.
Result<std::string> ensure_tracefs();

/// True when a kernel text symbol of this name is in /proc/kallsyms (below `root`).
bool has_kernel_symbol(const std::filesystem::path& root, std::string_view symbol);

}  // namespace burin
