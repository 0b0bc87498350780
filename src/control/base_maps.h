// The maps that the daemon itself reads and writes in the base programs' image.
#pragma once
#include "base/result.h"
#include "model/process_needs.h"
#include "model/program.h"

namespace burin {

/// An image from a bundle or the cache has the maps that its maker gave it; this process reads and writes values of
/// "procs" and "selftest", so their sizes must be ours. Error{Io} names the map.
Result<> check_base_maps(const ProgramImage& image, const ProcessNeeds& needs);

}  // namespace burin
