// The second half of a start: policies are planned, compiled side by side, loaded and attached.
#include <random>

#include "base/log.h"
#include "control/host_questions.h"
#include "control/policy_set.h"
#include "control/supervisor_impl.h"
#include "plan/planner.h"

namespace burin {
namespace {

std::size_t instructions_of(const ProgramImage& image) {
  std::size_t n = 0;
  for (const auto& p : image.programs) n += p.insns.size();
  return n;
}

/// The secret of the hashes that rateLimit compares (templates/rate.h).
void seed_rates(RenderedUnit& unit) {
  if (unit.source.text.find("rate_seed") == std::string::npos) return;
  std::random_device random;
  MapInit init{"rate_seed", {}};
  for (std::uint32_t at = 0; at < 2; ++at) {
    const std::uint64_t word = (std::uint64_t{random()} << 32) | random();
    const auto* key = reinterpret_cast<const std::byte*>(&at);
    const auto* value = reinterpret_cast<const std::byte*>(&word);
    init.entries.emplace_back(std::vector<std::byte>(key, key + sizeof at),
                              std::vector<std::byte>(value, value + sizeof word));
  }
  unit.inits.push_back(std::move(init));
}

}  // namespace

Result<std::vector<HookPlan>> Supervisor::Impl::plan_all(std::vector<PolicyFile>& files, std::string& rendered,
                                                         bool color) {
  const HostQuestions questions = ask_host(host, store ? store->directory() : std::filesystem::path());
  return plan_set(files, {catalog, host, layout, questions, kFirstPolicyHook, std::nullopt, 0}, rendered, color);
}

void Supervisor::Impl::log_compile(const std::string& unit, const CompileStats& stats) {
  if (!stats.shipped_misfit.empty())
    log(LogLevel::Warning, "compile",
        "the bundle's image of " + unit + " does not serve here, it is compiled anew: " + stats.shipped_misfit);
}

void Supervisor::Impl::announce_hooks(const HookPlan& plan) {
  for (const auto& hook : plan.hooks) {
    for (const auto& target : hook.targets) pipeline->add_hook(hook_info(plan, hook, target));
  }
}

Result<> Supervisor::Impl::load_policy(LoadedPolicy& policy, const RenderedUnit& unit, const ProgramImage& image) {
  const std::string what = "policy " + policy.plan.policy;
  policy.program.reset();
  const SharedMaps shared{
      {"events", base->map_fd("events")}, {"procs", base->map_fd("procs")}, {"ended", base->map_fd("ended")}};
  auto loaded = LoadedProgram::load(image, unit.inits, shared, host, "burin" + std::to_string(policies.size()));
  if (!loaded) return in_context(std::move(loaded).error(), "loading " + what);
  policy.program.emplace(std::move(*loaded));
  policy.state = PolicyState::Loaded;
  for (const auto& attach : unit.attaches) {
    auto attached = policy.program->attach(attach, host);
    if (!attached) return in_context(std::move(attached).error(), "attaching " + what);
  }
  return Ok{};
}

Result<> Supervisor::Impl::start_policy(LoadedPolicy& policy, CompiledUnitOfPolicy compiled) {
  auto& [unit, image, stats] = compiled;
  policy.compile = std::move(stats);
  const std::string what = "policy " + policy.plan.policy;
  if (!unit) return in_context(std::move(unit).error(), "generating " + what);
  log_compile(policy.plan.policy, policy.compile);
  if (!image) return in_context(std::move(image).error(), "compiling " + what);
  tell_cache_trouble(policy.compile);
  policy.state = PolicyState::Compiled;
  policy.instructions = instructions_of(*image);
  const Stopwatch watch(policy.load_ms);
  seed_rates(*unit);
  announce_hooks(policy.plan);
  auto loaded = load_policy(policy, *unit, *image);
  if (!loaded && loaded.error().code == ErrorCode::Verify)
    if (auto told = compile_with_lines(*unit)) loaded = load_policy(policy, *unit, *told);
  if (!loaded) return loaded;
  policy.state = PolicyState::Attached;
  return Ok{};
}

std::unique_ptr<UnitCompiles> Supervisor::Impl::begin_compiles(const std::vector<HookPlan>& plans) const {
  std::vector<Result<RenderedUnit>> units;
  for (const auto& plan : plans)
    if (has_programs(plan)) units.push_back(render_policy(plan, host, layout, needs));
  return std::make_unique<UnitCompiles>(std::move(units), options.compiler, store ? &*store : nullptr);
}

Result<> Supervisor::Impl::start_policies(std::vector<HookPlan> plans, UnitCompiles& compiles) {
  std::vector<LoadedPolicy*> loading;
  for (auto& plan : plans) {
    LoadedPolicy& policy = policies.emplace_back();
    policy.plan = std::move(plan);
    if (has_programs(policy.plan)) loading.push_back(&policy);
  }
  std::vector<CompiledUnitOfPolicy> compiled;
  {
    const Stopwatch watch(times.compile);
    for (std::size_t i = 0; i < loading.size(); ++i) compiled.push_back(compiles.take(i));
  }
  const Stopwatch watch(times.attach);
  for (std::size_t i = 0; i < loading.size(); ++i) TRY_OK(start_policy(*loading[i], std::move(compiled[i])));
  if (options.perf.mappings) TRY_OK(reader->enable_mappings());
  for (auto& policy : policies) policy.state = PolicyState::Attached;
  return Ok{};
}

}  // namespace burin
