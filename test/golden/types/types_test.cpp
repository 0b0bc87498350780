// Argument type -> C: what a policy with an argument of the type engraves for it. NAME.yaml is the policy, NAME.c the
// capture and what it calls. UPDATE_GOLDEN=1 rewrites the files and fails the run.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "codegen/renderer.h"
#include "plan/planner.h"
#include "policy/policy_reader.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Only the lines that the argument made, and those that send; each ends in a comment that says so.
std::string argument_part(const std::string& text, bool sending) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);)
    if (const auto about = line.find("  /* ");
        about != std::string::npos &&
        (line.find(" argument ", about) != line.npos || (sending && line.find(" send ", about) != line.npos)))
      out += line.substr(0, about) + "\n";
  return out;
}

HostFacts host_with_syscalls() {
  HostFacts host;
  TracepointFormat format;
  format.fields = {{"common_type", "unsigned short", 0, 2, false, false},
                   {"common_flags", "unsigned char", 2, 1, false, false},
                   {"common_preempt_count", "unsigned char", 3, 1, false, false},
                   {"common_pid", "int", 4, 4, true, false},
                   {"id", "long", 8, 8, true, false},
                   {"args", "unsigned long[6]", 16, 48, false, false}};
  host.tracepoints["raw_syscalls:sys_enter"] = format;
  return host;
}

/// Compares NAME.yaml's C with NAME.c.
void check(const std::string& name, bool sending) {
  CAPTURE(name);
  const std::string folder = std::string(BURIN_SOURCE_DIR) + "/test/golden/types/";
  const std::string text = slurp(folder + name + ".yaml");
  REQUIRE_FALSE(text.empty());
  Diagnostics diagnostics;
  const Policy policy = read_policy(
      name + ".yaml", text, [](const std::string&) { return std::nullopt; }, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  LayoutTable layout;
  for (const auto& member : layout_members()) layout.members[member] = {8, 8, 0, 0};
  const HostFacts host = host_with_syscalls();
  const Rung rung = policy.hooks.at(0).kind == HookKind::Kprobe ? Rung::Kprobe : Rung::Tracepoint;
  const ProbeCatalog catalog;
  const HookPlan plan = plan_policy(policy, {catalog, host, layout, {}, 16, rung, 0}, diagnostics);
  REQUIRE(plan.hooks.size() == 1);
  auto unit = render_policy(plan, host, layout);
  REQUIRE(unit);
  const std::string got = argument_part(annotated(unit->source), sending);
  CHECK_FALSE(got.empty());
  const std::string golden = folder + name + ".c";
  if (std::getenv("UPDATE_GOLDEN")) {
    std::ofstream(golden) << got;
    FAIL_CHECK("rewrote " << golden);
  }
  CHECK(got == slurp(golden));
}

}  // namespace

TEST_CASE("each argument type as C") {
  for (const auto& type : all_types())
    if (type.shape.size != 0) check(std::string(type.name), false);
}

TEST_CASE("what is sent beside the event for maxData") {
  for (const char* name : {"char_buf-max", "char_iovec-max", "iov_iter-max", "char_buf-max-return"}) check(name, true);
}
