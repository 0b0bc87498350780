#include "lab.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "control/seed.h"
#include "host/host_reader.h"
#include "layout/btf_layout.h"
#include "plan/planner.h"
#include "support/skip.h"

namespace burin_test {
namespace {

using namespace burin;

/// What a reader makes of: call: sys_getpgid, one int argument, a selector for kToken, NoPost.
Policy getpgid_policy() {
  Hook hook;
  hook.call = "sys_getpgid";
  hook.syscall = true;
  PolicyArg arg;
  arg.type = "int";
  hook.args.push_back(arg);
  Selector selector;
  selector.match_args.push_back({{0}, "Equal", {{std::to_string(kToken), {}}}, {}, {}});
  Action quiet;
  quiet.kind = ActionKind::NoPost;
  selector.actions.push_back(quiet);
  hook.selectors.push_back(selector);
  Policy policy;
  policy.name = "lab";
  policy.hooks.push_back(hook);
  return policy;
}

HookPlan plan_of(const std::vector<Candidate>& candidates, const HostFacts& host, const LayoutTable& layout) {
  Diagnostics diagnostics;
  HookPlan plan =
      plan_policy(getpgid_policy(), {{}, host, layout, {}, kFirstPolicyHook, Rung::SyscallTracepoint, 0}, diagnostics);
  INFO(render(diagnostics, {}, false));
  REQUIRE(plan.hooks.size() == 1);
  const PlannedHook hook = plan.hooks[0];
  plan.hooks.clear();
  for (const auto& candidate : candidates) {
    PlannedHook& copy = plan.hooks.emplace_back(hook);
    copy.targets[0].id = static_cast<HookId>(kFirstPolicyHook + plan.hooks.size());
    copy.selectors[0].process = {candidate.filter};
    plan.followed.insert(plan.followed.end(), candidate.followed.begin(), candidate.followed.end());
  }
  return plan;
}

ProgramImage compiled(const RenderedUnit& unit) {
  CompilerOptions options;
  options.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  CompileStats stats;
  auto image = Compiler(options, nullptr).compile(unit.source, &stats);
  if (!image) FAIL(image.error().text() << "\n" << image.error().detail);
  CHECK(stats.messages.empty());
  return std::move(*image);
}

LoadedProgram loaded(const RenderedUnit& unit, const SharedMaps& shared, const HostFacts& host) {
  auto program = LoadedProgram::load(compiled(unit), unit.inits, shared, host, "lab");
  if (!program)
    FAIL(program.error().text() << "\n"
                                << program.error().detail.substr(program.error().detail.size() > 8000
                                                                     ? program.error().detail.size() - 8000
                                                                     : 0));
  for (const auto& attach : unit.attaches) {
    auto attached = program->attach(attach, host);
    if (!attached) FAIL(attached.error().text());
  }
  return std::move(*program);
}

}  // namespace

const HostFacts& this_host() {
  static const HostFacts facts = [] {
    std::vector<std::string> tracepoints = tracepoints_used();
    tracepoints.emplace_back("syscalls:sys_enter_getpgid");
    return read_host("/", tracepoints);
  }();
  return facts;
}

Lab::Lab(std::vector<Candidate> candidates) : host_(this_host()) {
  auto layout = layout_from_btf("/sys/kernel/btf/vmlinux", layout_members());
  REQUIRE(layout);
  layout_ = std::move(*layout);
  const HookPlan plan = plan_of(candidates, host_, layout_);
  for (auto& candidate : candidates) names_.push_back(std::move(candidate.name));
  const ProcessNeeds needs = needs_of(plan);
  auto base = render_base(host_, layout_, needs);
  REQUIRE(base);
  base_.emplace(loaded(*base, {}, host_));
  seed_process_map(base_->map_fd("procs"), needs, "/proc");
  auto policy = render_policy(plan, host_, layout_);
  if (!policy) FAIL(policy.error().text());
  policy_.emplace(loaded(
      *policy,
      {{"events", base_->map_fd("events")}, {"procs", base_->map_fd("procs")}, {"ended", base_->map_fd("ended")}},
      host_));
}

std::string Lab::path(int n) {
  return "/tmp/burin-lab." + std::to_string(geteuid()) + "/program" + std::to_string(n);
}

std::set<std::string> Lab::held(const std::string& life) {
  const auto before = matched();
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    setenv("BURIN_LIFE", life.c_str(), 1);
    close(ends[0]);
    execl("/proc/self/exe", "lab", nullptr);
    _exit(20);
  }
  close(ends[1]);
  // Its end is that of all who came after it.
  char byte;
  while (read(ends[0], &byte, 1) > 0) {
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  return since(before);
}

std::set<std::string> Lab::held_here() {
  const auto before = matched();
  syscall(SYS_getpgid, kToken);
  return since(before);
}

std::vector<std::uint64_t> Lab::matched() {
  const auto slots = policy_->read_percpu_u64("counters", host_.possible_cpus);
  REQUIRE(slots);
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < names_.size(); ++i) out.push_back((*slots)[i * kCounterSlots + 1]);
  return out;
}

std::set<std::string> Lab::since(const std::vector<std::uint64_t>& before) {
  const auto after = matched();
  std::set<std::string> out;
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (after[i] != before[i]) out.insert(names_[i]);
  return out;
}

bool can_run() {
  if (geteuid() != 0) {
    skip("loading BPF programs needs root");
    return false;
  }
  if (!this_host().has_btf || !this_host().tracepoints.contains("syscalls:sys_enter_getpgid")) {
    skip("no kernel BTF, or no syscall tracepoints");
    return false;
  }
  for (int n = 1; n <= 3; ++n) {
    std::filesystem::create_directories(std::filesystem::path(Lab::path(n)).parent_path());
    std::filesystem::copy_file("/proc/self/exe", Lab::path(n), std::filesystem::copy_options::overwrite_existing);
  }
  return true;
}

}  // namespace burin_test
