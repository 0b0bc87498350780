#include "control/base_maps.h"

#include "control/self_test.h"
#include "types/wire_structs.h"

namespace burin {

Result<> check_base_maps(const ProgramImage& image, const ProcessNeeds& needs) {
  const std::size_t process =
      sizeof(wire::Proc) + (needs.parents ? sizeof(wire::ProcParent) : 0) + (needs.facts ? sizeof(wire::ProcFacts) : 0);
  for (const auto& map : image.maps) {
    const bool right = map.name == "procs"      ? map.key_size == 4 && map.value_size == process
                       : map.name == "selftest" ? map.key_size == 4 && map.value_size == self_test_value_size()
                                                : true;
    if (!right)
      return fail(ErrorCode::Io, "the image of the base programs has a map " + map.name + " with keys of " +
                                     std::to_string(map.key_size) + " and values of " + std::to_string(map.value_size) +
                                     " bytes, which is not what was asked for");
  }
  return Ok{};
}

}  // namespace burin
