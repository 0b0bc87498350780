// What a kernel that is not here would say to an image: as far as that can be read off its instructions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/program.h"
#include "model/target_profile.h"

namespace burin {

/// One reason why the target does not take an image.
struct TargetFinding {
  enum class Kind { Size, BackEdge, Subprogram, Helper, Instruction, MapType, ProgramType };
  Kind kind = Kind::Size;
  std::string function;               ///< of the program; empty for a map
  std::optional<std::uint32_t> insn;  ///< the first instruction that it is about
  std::string message;                ///< a sentence with the numbers, without the program's name
  friend bool operator==(const TargetFinding&, const TargetFinding&) = default;
};
/// "size", "back-edge", "subprogram", "helper", "instruction", "map-type", "program-type".
std::string_view to_string(TargetFinding::Kind kind);

/// Empty: nothing stands against it. A reason is named once for each program (a helper once for each number). Calls of
/// bpf_get_attach_cookie do not count: the loader replaces them where the kernel has no cookies. What the verifier
/// finds by following the program (types of registers, its limit of followed instructions) is not looked at.
std::vector<TargetFinding> check_against(const TargetProfile& target, const ProgramImage& image);

}  // namespace burin
