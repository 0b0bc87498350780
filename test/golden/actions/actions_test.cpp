// One folder an action: policy.yaml and the C that it becomes on the rung that names the file. UPDATE_GOLDEN=1 rewrites
// the files and fails the run.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "codegen/renderer.h"
#include "elf/binary.h"
#include "plan/planner.h"
#include "policy/policy_reader.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// From the first map or record that the policy made on.
std::string policy_part(const std::string& text) {
  std::size_t at = text.find("struct rec_p0 {");
  const std::size_t set = text.find("set0");
  if (set != std::string::npos) at = std::min(at, text.rfind('\n', set) + 1);
  return text.substr(at);
}

const std::map<std::string, Rung> kRungs = {
    {"kprobe", Rung::Kprobe}, {"fentry", Rung::Fentry}, {"lsm", Rung::Lsm}, {"uprobe", Rung::Uprobe}};

/// Where the probes of a binary would be: an argument in a register and one in memory, as a compiler's note has them.
Result<std::vector<BinaryPlace>> places(const Hook&) {
  auto args = parse_usdt_args("-4@%edi 8@-16(%rbp)");
  if (!args) return tl::unexpected(args.error());
  return std::vector<BinaryPlace>{{"", 0x1136, 0, *args, ""}};
}

std::string rendered(const fs::path& folder, Rung rung) {
  Diagnostics diagnostics;
  const std::string text = slurp(folder / "policy.yaml");
  const Policy policy = read_policy(
      "policy.yaml", text, [](const std::string&) { return std::nullopt; }, diagnostics);
  ProbeCatalog catalog;
  catalog.probes.push_back({"tcp_connect", "tcp_connect", "", {{Rung::Kprobe, "tcp_connect", {}}}, {}});
  LayoutTable layout;
  for (const auto& member : layout_members()) layout.members[member] = {8, 8, 0, 0};
  HostFacts host;
  host.arch = "x86_64";
  HostQuestions ask;
  ask.places = places;
  const HookPlan plan = plan_policy(policy, {catalog, host, layout, ask, 16, rung, 0}, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  REQUIRE(plan.hooks.size() == policy.hooks.size());
  auto unit = render_policy(plan, host, layout);
  REQUIRE(unit);
  return policy_part(annotated(unit->source));
}

}  // namespace

TEST_CASE("every action's C") {
  std::size_t seen = 0;
  bool rewrote = false;
  for (const auto& folder : fs::directory_iterator(std::string(BURIN_SOURCE_DIR) + "/test/golden/actions")) {
    if (!folder.is_directory()) continue;
    for (const auto& golden : fs::directory_iterator(folder.path())) {
      if (golden.path().extension() != ".c") continue;
      INFO(golden.path());
      const std::string got = rendered(folder.path(), kRungs.at(golden.path().stem()));
      ++seen;
      if (std::getenv("UPDATE_GOLDEN")) {
        std::ofstream(golden.path()) << got;
        rewrote = true;
      } else {
        CHECK(got == slurp(golden.path()));
      }
    }
  }
  CHECK(seen >= 19);
  if (rewrote) FAIL("rewrote the golden files");
}
