// Every shipped policy, and one with every argument type, compiles and passes this kernel's verifier on each rung that
// can be generated. Nothing is attached: a kernel without kprobes still verifies kprobe programs.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "layout/btf_layout.h"
#include "plan/planner.h"
#include "policy/policy_reader.h"
#include "support/skip.h"
#include "types/arg_type.h"

using namespace burin;

namespace {

ProbeCatalog catalog() {
  ProbeCatalog c;
  c.probes.push_back(
      {"tcp_connect", "tcp_connect", "", {{Rung::Kprobe, "tcp_connect", {}}, {Rung::StateSockOps, "", {}}}, {}});
  return c;
}

/// Plans on one rung, renders, compiles and loads; the number of hooks that the rung has.
std::size_t load(const std::string& name, const std::string& text, Rung rung) {
  CAPTURE(name, to_string(rung));
  Diagnostics diagnostics;
  const Policy policy = read_policy(
      name, text, [](const std::string&) { return std::optional<std::string>("10.0.0.0/8"); }, diagnostics);
  INFO(render(diagnostics, text, false));
  REQUIRE_FALSE(diagnostics.has_errors());
  const HostFacts host = read_host("/", tracepoints_used());
  auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  REQUIRE(layout);
  const HookPlan plan = plan_policy(policy, {catalog(), host, *layout, {}, kFirstPolicyHook, rung, 0}, diagnostics);
  if (plan.hooks.empty()) return 0;
  auto unit = render_policy(plan, host, *layout);
  REQUIRE(unit);
  CompilerOptions options;
  options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  CompileStats stats;
  auto image = Compiler(options, nullptr).compile(unit->source, &stats);
  if (!image) FAIL(image.error().text() << "\n" << image.error().detail);
  CHECK(stats.messages.empty());
  auto loaded = LoadedProgram::load(*image, unit->inits, {}, host, "test");
  if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
  return plan.hooks.size();
}

const std::string kHead =
    "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n  kprobes:\n";

bool cannot_run() {
  if (geteuid() != 0) {
    burin_test::skip("not root");
    return true;
  }
  if (!layout_from_btf("/sys/kernel/btf/vmlinux", {"task_struct.tgid"})) {
    burin_test::skip("no kernel BTF");
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("shipped policies load on every rung") {
  if (cannot_run()) return;
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(BURIN_SOURCE_DIR) + "/policies")) {
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    CHECK(load(entry.path().filename(), text.str(), Rung::Kprobe) > 0);
    load(entry.path().filename(), text.str(), Rung::StateSockOps);
    ++seen;
  }
  CHECK(seen >= 3);
}

TEST_CASE("every argument type is captured in C that the verifier accepts") {
  if (cannot_run()) return;
  std::string hooks;
  std::size_t count = 0;
  const auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  REQUIRE(layout);
  for (const auto& type : all_types()) {
    if (type.name == "syscall64") continue;  // for tracepoints only: test/live/types
    hooks += "  - call: f\n    syscall: false\n    args:\n    - index: 1\n      type: " + std::string(type.name) + "\n";
    if (type.type_class == TypeClass::Bytes && type.name != "iov_iter") hooks += "      sizeArgIndex: 3\n";
    if (layout->has_all(type.needs_layout)) ++count;  // a kernel without modules has no load_info
  }
  CHECK(count > 45);
  CHECK(load("types", kHead + hooks, Rung::Kprobe) == count);
}

TEST_CASE("five arguments with two texts fit one record") {
  if (cannot_run()) return;
  CHECK(load("five",
             kHead +
                 "  - call: f\n    syscall: false\n    args:\n    - {index: 0, type: sock}\n    - {index: 1, type: "
                 "string}\n"
                 "    - {index: 2, type: skb}\n    - {index: 3, type: filename}\n    - {index: 4, type: sockaddr}\n",
             Rung::Kprobe) == 1);
}

TEST_CASE("large sets and all kinds of filters in one policy load") {
  if (cannot_run()) return;
  std::string values;
  for (int i = 0; i < 3000; ++i)
    values += "        - \"10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/25\"\n";
  const std::string policy =
      kHead +
      "  - call: tcp_connect\n    syscall: false\n    args:\n    - index: 0\n      type: sock\n    selectors:\n"
      "    - matchBinaries:\n      - operator: In\n        values: [\"/usr/bin/curl\", \"/usr/bin/wget\"]\n"
      "      - operator: NotPostfix\n        values: [\"/a/rather/long/path/to/a/program/that/nobody/has\"]\n"
      "      matchArgs:\n      - index: 0\n        operator: DPort\n        values: [\"1:9\", \"443\", \"8000:8100\"]\n"
      "      - index: 0\n        operator: Family\n        values: [AF_INET, AF_INET6]\n"
      "      - index: 0\n        operator: DAddr\n        values:\n" +
      values +
      "    - matchArgs:\n      - index: 0\n        operator: NotSAddr\n        values: [\"::/3\", \"10.0.0.0/8\"]\n";
  CHECK(load("large", policy, Rung::Kprobe) == 1);
  CHECK(load("large", policy, Rung::StateSockOps) == 1);
}
