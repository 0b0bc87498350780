// The processes that were there before burin -> the kernel's process map.
#pragma once
#include <filesystem>
#include <vector>

#include "event/process_table.h"
#include "model/process_needs.h"

namespace burin {

/// Writes every process that has no entry yet, with what `needs` asks for: marks are found by walking the tree of
/// parents, namespaces and capabilities are those of now. What was born after the base programs were attached is known
/// already and only completed. Returns the processes that were new, for the process table. `proc` is "/proc".
std::vector<SeedProcess> seed_process_map(int procs_fd, const ProcessNeeds& needs, const std::filesystem::path& proc);

}  // namespace burin
