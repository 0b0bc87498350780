// Where in its binary a uprobe or usdt hook goes.
#pragma once
#include <vector>

#include "base/result.h"
#include "model/policy.h"
#include "plan/planner.h"

namespace burin {

/// The places that the hook names, after its digests were checked. ErrorCode::Verify: the binary is another than the
/// policy says; NotFound: the binary, the function or the probe is not there.
Result<std::vector<BinaryPlace>> binary_places(const Hook& hook);

}  // namespace burin
