// One entry of `kprobes:`.
#pragma once
#include "model/policy.h"
#include "policy/reading.h"

namespace burin {

/// Function parameters that arrive in registers and can be captured: indexes 0..4.
inline constexpr std::uint32_t kMaxArgIndex = 4;

/// Reads one hook; everything wrong with it is reported.
Hook read_kprobe(Reading& reading, const Node& value);

}  // namespace burin
