// One filter of a selector: an entry of matchArgs or of matchBinaries.
#pragma once
#include <optional>
#include <vector>

#include "model/policy.h"
#include "policy/reading.h"
#include "policy/selector.h"

namespace burin {

/// Longest path in matchBinaries, in bytes (Tetragon's limit, and what the kernel side keeps of a path).
inline constexpr std::size_t kMaxBinaryPath = 255;

/// Reads one entry of `matchArgs`, values checked by the operator itself. Nothing when it was reported.
std::optional<ArgFilter> read_arg_filter(Reading& reading, const Node& value, const DeclaredArgs& args);

/// Reads one entry of `matchBinaries`. Nothing when it was reported.
std::optional<BinaryFilter> read_binary_filter(Reading& reading, const Node& value);

}  // namespace burin
