// --layout-source, --layout and --btf, for every command that needs structure layouts.
#pragma once
#include <optional>
#include <string>

#include "app/options.h"
#include "control/layout_ladder.h"

namespace burin {

void declare_layout_options(OptionSet& options);
/// Nothing: `out` is filled. A value: the exit code, a mistake was reported.
std::optional<int> read_layout_options(const OptionSet& options, const std::string& command, LayoutOptions& out);

}  // namespace burin
