// Policy -> C, the whole text compared: what burin engraves is reviewed when it changes. UPDATE_GOLDEN=1 rewrites the
// files and fails the run.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "codegen/renderer.h"
#include "plan/planner.h"
#include "policy/policy_reader.h"

using namespace burin;

namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Only the part that the policy makes: from the first set or record on. Prelude and capture are templates, shown as
/// they are.
std::string policy_part(const std::string& text) {
  std::size_t at = text.find("struct rec_p0 {");
  const std::size_t set = text.find("set0");
  if (set != std::string::npos) at = std::min(at, text.rfind('\n', set) + 1);
  return text.substr(at);
}

void compare(const std::string& name, Rung rung) {
  const std::string folder = std::string(BURIN_SOURCE_DIR) + "/test/golden/codegen/";
  const std::string file = name + ".yaml";
  const std::string text = slurp(folder + file);
  REQUIRE_FALSE(text.empty());
  Diagnostics diagnostics;
  const Policy policy = read_policy(
      file, text, [](const std::string&) { return std::nullopt; }, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  ProbeCatalog catalog;
  catalog.probes.push_back(
      {"tcp_connect", "tcp_connect", "", {{Rung::Kprobe, "tcp_connect", {}}, {Rung::StateSockOps, "", {}}}, {}});
  LayoutTable layout;
  for (const auto& member : layout_members()) layout.members[member] = {8, 8, 0, 0};
  HostFacts host;
  host.cgroup2 = "/sys/fs/cgroup";
  const HookPlan plan = plan_policy(policy, {catalog, host, layout, {}, 16, rung, 0}, diagnostics);
  REQUIRE(plan.hooks.size() == policy.hooks.size());
  auto unit = render_policy(plan, host, layout);
  REQUIRE(unit);
  const std::string got = policy_part(annotated(unit->source));
  const std::string golden = folder + name + "." + (rung == Rung::Kprobe ? "kprobe" : "sock_ops") + ".c";
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream(golden) << got;
    FAIL("rewrote " << golden);
  }
  CHECK(got == slurp(golden));
}

}  // namespace

TEST_CASE("egress policy on the kprobe rung") {
  compare("egress", Rung::Kprobe);
}
TEST_CASE("egress policy on the state rung") {
  compare("egress", Rung::StateSockOps);
}
TEST_CASE("a policy with ports, binaries and actions on both rungs") {
  SECTION("kprobe") {
    compare("selectors", Rung::Kprobe);
  }
  SECTION("state") {
    compare("selectors", Rung::StateSockOps);
  }
}
TEST_CASE("text and integer arguments") {
  compare("arguments", Rung::Kprobe);
}
