// Filters that follow descendants -> the maps by which the base programs mark processes.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "codegen/renderer.h"
#include "model/process_needs.h"

namespace burin {

/// A path as struct burin_path_key has it (templates/prelude.h); longer ones are cut.
std::vector<std::byte> path_key(std::string_view path);

/// Sizes the base unit's maps of followed paths and pids, and gives them their content. Nothing when nobody follows.
void add_followed(const ProcessNeeds& needs, RenderedUnit& base);

}  // namespace burin
