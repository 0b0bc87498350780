// The base unit compiles and loads on this kernel, with structure layouts and without, and no program is near the
// limits.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/embedded.h"
#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "compile/stencil.h"
#include "control/target.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "layout/btf_layout.h"
#include "support/skip.h"

using namespace burin;

namespace {

/// Verifier work per start is felt: the largest base program has 4,300 instructions now.
constexpr std::size_t kBudget = 6000;

void check_loads(const LayoutTable& layout) {
  REQUIRE(ensure_tracefs());
  const HostFacts host = read_host("/", tracepoints_used());
  auto unit = render_base(host, layout);
  REQUIRE(unit);
  CompilerOptions options;
  options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  const Compiler compiler(options, nullptr);
  CompileStats stats;
  auto image = compiler.compile(unit->source, &stats);
  if (!image) FAIL(image.error().text() << "\n" << image.error().detail);
  CHECK(stats.messages.empty());
  for (const auto& program : image->programs) {
    CAPTURE(program.function);
    CHECK(program.insns.size() < kBudget);
    CHECK(program.line_info.empty());
  }
  // As a start compiles it again when the verifier refuses it: the same instructions, with their lines.
  ProgramSource told = unit->source;
  told.lines = true;
  const auto with_lines = compiler.compile(told);
  REQUIRE(with_lines);
  for (std::size_t i = 0; i < image->programs.size(); ++i) {
    CHECK(with_lines->programs[i].insns == image->programs[i].insns);
    CHECK_FALSE(with_lines->programs[i].line_info.empty());
  }
  CHECK(LoadedProgram::load(*with_lines, unit->inits, {}, host, "test"));
  auto loaded = LoadedProgram::load(*image, unit->inits, {}, host, "test");
  if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
  for (const auto& attach : unit->attaches) {
    auto attached = loaded->attach(attach, host);
    if (!attached) FAIL(attached.error().text());
  }
}

}  // namespace

TEST_CASE("base programs load and attach with kernel BTF") {
  if (geteuid() != 0) return burin_test::skip("not root");
  auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  if (!layout) return burin_test::skip("no kernel BTF: " + layout.error().text());
  check_loads(*layout);
}

// No old kernel is here, but a new one's verifier says whether the text that they get is a program at all.
TEST_CASE("base programs for older kernels fit there, and load here") {
  if (geteuid() != 0) return burin_test::skip("not root");
  REQUIRE(ensure_tracefs());
  const HostFacts here = read_host("/", tracepoints_used());
  CompilerOptions options;
  options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  ProcessNeeds needs;
  needs.parents = needs.facts = true;
  std::vector<LayoutTable> layouts = {{"none", {}}};
  if (auto btf = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members())) layouts.push_back(std::move(*btf));
  for (const auto& layout : layouts) {
    for (const auto& target : all_targets()) {
      if (target.is_host()) continue;
      CAPTURE(layout.source, target.name);
      Ground ground;
      ground.host = here;
      std::erase_if(ground.host.tracepoints["sched:sched_process_exit"].fields,
                    [](const TracepointField& f) { return f.name == "group_dead"; });  // since 6.16
      const HostFacts there = on_target(std::move(ground), target).host;
      auto unit = render_base(there, layout, needs);
      REQUIRE(unit);
      auto image = Compiler(options, nullptr).compile(unit->source);
      if (!image) FAIL(image.error().text() << "\n" << image.error().detail);
      for (const auto& finding : check_against(target, *image)) FAIL_CHECK(finding.function << ": " << finding.message);
      auto loaded = LoadedProgram::load(*image, unit->inits, {}, here, "test");
      if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
    }
  }
}

TEST_CASE("the precompiled base programs serve this kernel, and load") {
  if (geteuid() != 0) return burin_test::skip("not root");
  auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  if (!layout) return burin_test::skip("this kernel has no BTF");
  REQUIRE(ensure_tracefs());
  const HostFacts host = read_host("/", tracepoints_used());
  for (const bool facts : {false, true}) {
    ProcessNeeds needs;
    needs.facts = facts;
    const auto unit = render_base(host, *layout, needs);
    REQUIRE(unit);
    const auto image = fill_from(kPrecompiled, unit->source);
    if (!image) FAIL(image.error().text());
    REQUIRE(*image);
    auto loaded = LoadedProgram::load(**image, unit->inits, {}, host, "test");
    if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
    for (const auto& attach : unit->attaches) CHECK(loaded->attach(attach, host));
  }
}

TEST_CASE("base programs load and attach without any layout") {
  if (geteuid() != 0) return burin_test::skip("not root");
  check_loads({"none", {}});
}
