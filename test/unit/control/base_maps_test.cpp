// An image whose maps have another shape than this daemon's is refused before anything of it is loaded.
#include "control/base_maps.h"

#include <catch2/catch.hpp>

#include "control/self_test.h"

using namespace burin;

namespace {

// Of the C structs that the base programs have (templates/base.bpf.c), as they are today.
constexpr std::uint32_t kProc = sizeof(wire::Proc);

ProgramImage image_with(std::uint32_t procs, std::uint32_t procs_key = 4) {
  ProgramImage image;
  image.maps = {
      {.name = "events", .type = 4, .key_size = 4, .value_size = 4},
      {.name = "procs", .type = 1, .key_size = procs_key, .value_size = procs},
      {.name = "selftest", .type = 2, .key_size = 4, .value_size = static_cast<std::uint32_t>(self_test_value_size())}};
  return image;
}

}  // namespace

TEST_CASE("the value of procs is as large as the policies' needs make it") {
  ProcessNeeds all;
  all.parents = all.facts = true;
  ProcessNeeds parents;
  parents.parents = true;
  const std::pair<ProcessNeeds, std::uint32_t> cases[] = {
      {{}, kProc},
      {parents, kProc + sizeof(wire::ProcParent)},
      {all, kProc + sizeof(wire::ProcParent) + sizeof(wire::ProcFacts)}};
  for (const auto& [needs, size] : cases) {
    CHECK(check_base_maps(image_with(size), needs));
    for (const std::uint32_t wrong : {size - 8, size + 8, size - 1, 0U}) {
      const auto refused = check_base_maps(image_with(wrong), needs);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::Io);
      CHECK(refused.error().text().find("map procs with keys of 4 and values of " + std::to_string(wrong)) !=
            std::string::npos);
    }
    CHECK_FALSE(check_base_maps(image_with(size, 8), needs));
  }
}

TEST_CASE("so is the value of selftest") {
  ProgramImage image = image_with(kProc);
  image.maps[2].value_size += 8;
  const auto refused = check_base_maps(image, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("map selftest") != std::string::npos);
  image = image_with(kProc);
  image.maps[2].key_size = 8;
  CHECK_FALSE(check_base_maps(image, {}));
}
