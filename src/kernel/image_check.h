// An image comes from a compiler process, a cache file or a bundle: none of them is trusted with the numbers in it.
#pragma once
#include "base/result.h"
#include "model/program.h"

namespace burin {

/// Refuses counts and sizes beyond sense, relocations that do not point at a map load, and instructions that would name
/// a file descriptor of ours by number.
Result<> check_image(const ProgramImage& image);

}  // namespace burin
