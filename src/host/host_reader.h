// Reads this machine's facts from files under an injectable root.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/host_facts.h"

namespace burin {

/// Facts that need only reading. `root` is "/" in production; tests pass a directory with proc/, sys/. `tracepoints`
/// are "category:event" names whose formats are wanted; one that does not exist, cannot be read or is misspelt is left
/// out. What cannot be read keeps its default. Mounts nothing. `possible_cpus` is the highest possible CPU number plus
/// one: right for arrays indexed by CPU, and never too small for per-CPU buffers, also where numbers are missing. The
/// node name comes from the environment. Mount points are as the host names them, without `root`.
HostFacts read_host(const std::filesystem::path& root, const std::vector<std::string>& tracepoints);

/// Parses a tracefs `format` file, common fields included. Arrays keep their dimension in the type ("char[16]").
Result<TracepointFormat> parse_tracepoint_format(std::string_view text);

/// Mounts tracefs at /sys/kernel/tracing when no tracefs is mounted and we may; returns its path.
Result<std::string> ensure_tracefs();

/// True when a kernel text symbol of this name is in /proc/kallsyms (below `root`). Reads all of it: tens of
/// milliseconds.
bool has_kernel_symbol(const std::filesystem::path& root, std::string_view symbol);

}  // namespace burin
