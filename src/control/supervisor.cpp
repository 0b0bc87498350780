#include "control/supervisor.h"

#include <malloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "codegen/renderer.h"
#include "control/catalog.h"
#include "control/host_questions.h"
#include "control/loaded_policy.h"
#include "control/pipeline.h"
#include "control/seed.h"
#include "control/self_test.h"
#include "control/status.h"
#include "event/process_table.h"
#include "host/host_reader.h"
#include "kernel/loaded_program.h"
#include "layout/btf_layout.h"
#include "plan/planner.h"
#include "recording/recorder.h"

namespace burin {
namespace {

constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";

/// Adds the milliseconds since its making to `where` when it goes.
class Stopwatch {
 public:
  explicit Stopwatch(double& where) : where_(where), begin_(monotonic_ns()) {}
  ~Stopwatch() { where_ += static_cast<double>(monotonic_ns() - begin_) / 1e6; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& where_;
  std::uint64_t begin_;
};

std::size_t instructions_of(const ProgramImage& image) {
  std::size_t n = 0;
  for (const auto& p : image.programs) n += p.insns.size();
  return n;
}

}  // namespace

// Declaration order is shutdown order reversed: the reader stops before the pipeline goes, the hub goes last.
struct Supervisor::Impl {
  RunOptions options;
  HostFacts host;
  LayoutTable layout;
  ProcessNeeds needs;
  ProbeCatalog catalog;
  std::optional<ImageStore> store;
  StartTimes times;
  SelfTestReport self_test;
  CompileStats base_compile;
  std::unique_ptr<StreamHub> hub;
  std::unique_ptr<Outreach> outreach;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<LoadedProgram> base;
  std::list<LoadedPolicy> policies;
  std::unique_ptr<PerfReader> reader;
  std::atomic<bool> ready{false};
  bool stopped = false;

  Result<> look_at_host(const std::vector<PolicyFile>& files);
  Result<LayoutTable> find_layout(LayoutChoice choice);
  Result<> start_base(const LayoutTable& table);
  void stop_base();
  Result<> start_with(LayoutChoice choice, std::vector<PolicyFile>& files, std::string& rendered, bool color);
  Result<std::vector<HookPlan>> plan_all(std::vector<PolicyFile>& files, std::string& rendered, bool color);
  Result<> start_policies(std::vector<HookPlan> plans);
  Result<> start_policy(LoadedPolicy& policy, Result<RenderedUnit> unit, Result<ProgramImage> image);
  void announce_hooks(const HookPlan& plan);
  std::vector<SeedProcess> seed_kernel();
  DaemonStatus status() const;
};

/// Inode number of /proc/self/ns/pid in the initial pid namespace (PROC_PID_INIT_INO).
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

Result<> Supervisor::Impl::look_at_host(const std::vector<PolicyFile>& files) {
  const Stopwatch watch(times.host);
  struct stat pid_namespace {};
  if (::stat("/proc/self/ns/pid", &pid_namespace) == 0 && pid_namespace.st_ino != kInitialPidNamespace)
    return fail(
        ErrorCode::Unsupported,
        "burin runs in a pid namespace of its own, where the kernel's process ids mean nothing; start it in the "
        "host's (docker run --pid=host, hostPID: true)");
  HostFacts known;
  TRY(known.tracefs, ensure_tracefs());
  std::vector<std::string> tracepoints = tracepoints_used();
  const HostQuestions questions = ask_host(known, {});
  for (const auto& file : files)
    for (auto& name : tracepoints_wanted(file.policy, questions)) tracepoints.push_back(std::move(name));
  host = read_host("/", tracepoints);
  if (!options.node_name.empty()) host.node_name = options.node_name;
  try_kernel(host);
  if (!host.bpf_load.works)
    return fail(ErrorCode::Unsupported, "this kernel does not load BPF programs for us: " + host.bpf_load.reason);
  if (const int swept = sweep_leftovers(host))
    log(LogLevel::Info, "start", "removed " + std::to_string(swept) + " leftovers of a burin that died");
  return Ok{};
}

Result<LayoutTable> Supervisor::Impl::find_layout(LayoutChoice choice) {
  const Stopwatch watch(times.layout);
  if (choice != LayoutChoice::None && host.has_btf) {
    auto table = store ? cached_layout_from_btf(kKernelBtf, layout_members(), store->directory(),
                                                host.release + " " + host.boot_id)
                       : layout_from_btf(kKernelBtf, layout_members());
    if (table || choice == LayoutChoice::Btf) return table;
    log(LogLevel::Warning, "layout",
        "kernel BTF cannot be used (" + table.error().text() + "), going on without structure layouts");
  }
  if (choice == LayoutChoice::Btf)
    return fail(ErrorCode::Unsupported, "this kernel has no BTF (/sys/kernel/btf/vmlinux); use --layout auto");
  return LayoutTable{"none", {}};
}

Result<> Supervisor::Impl::start_base(const LayoutTable& table) {
  TRY(auto unit, render_base(host, table, needs));
  const Compiler compiler(options.compiler, store ? &*store : nullptr);
  auto image = [&] {
    const Stopwatch watch(times.compile);
    return compiler.compile(unit.source, &base_compile);
  }();
  if (!image) return in_context(std::move(image).error(), "compiling the base programs");
  const Stopwatch watch(times.load);
  auto loaded = LoadedProgram::load(*image, unit.inits, {}, host, "burin");
  if (!loaded) return in_context(std::move(loaded).error(), "loading the base programs");
  base.emplace(std::move(*loaded));
  if (recorder)
    TRY_OK(recorder->begin({BURIN_VERSION, host.node_name, host.boot_id, host.release, record_identity(),
                            options.expose_stack_addresses}));
  pipeline =
      std::make_unique<Pipeline>(host.node_name, *hub, outreach.get(), options.expose_stack_addresses, recorder.get());
  PerfReaderOptions perf = options.perf;
  TRY(reader, PerfReader::start(base->map_fd("events"), perf,
                                [p = pipeline.get()](RawBatch&& b) { p->deliver(std::move(b)); }));
  for (const auto& attach : unit.attaches) {
    if (attach.kind == AttachSpec::Kind::None) continue;
    auto attached = base->attach(attach, host);
    if (!attached) return in_context(std::move(attached).error(), "attaching the base programs");
  }
  return Ok{};
}

void Supervisor::Impl::stop_base() {
  if (base) base->detach_all();
  if (reader) reader->stop();
  if (pipeline) pipeline->stop();
  reader.reset();
  pipeline.reset();
  base.reset();
}

std::vector<SeedProcess> Supervisor::Impl::seed_kernel() {
  const Stopwatch watch(times.processes);
  return seed_process_map(base->map_fd("procs"), needs, "/proc");
}

Result<std::vector<HookPlan>> Supervisor::Impl::plan_all(std::vector<PolicyFile>& files, std::string& rendered,
                                                         bool color) {
  std::vector<HookPlan> plans;
  HookId next = kFirstPolicyHook;
  std::uint32_t mark = 0;
  const HostQuestions questions = ask_host(host, store ? store->directory() : std::filesystem::path());
  for (auto& file : files) {
    const PlanInput input{catalog, host, layout, questions, next, std::nullopt, mark};
    Diagnostics diagnostics;
    HookPlan plan = plan_policy(file.policy, input, diagnostics);
    diagnostics.sort();
    rendered += render(diagnostics, file.text, color);
    if (diagnostics.has_errors()) return fail(ErrorCode::InvalidPolicy, "policy " + file.path + " has mistakes");
    // A policy of which nothing can run is refused, unless it says of each hook that its absence is fine.
    const auto missed = std::ranges::find(plan.unavailable, false, &UnavailableHook::may_be_absent);
    if (plan.hooks.empty() && !plan.loader && missed != plan.unavailable.end())
      return fail(ErrorCode::Unsupported, "policy " + plan.policy + ": none of its hooks can be had on this host (" +
                                              missed->function + ": " + missed->reason + ")");
    for (const auto& hook : plan.hooks) next = static_cast<HookId>(next + hook.targets.size());
    mark += static_cast<std::uint32_t>(plan.followed.size());
    plans.push_back(std::move(plan));
  }
  return plans;
}

void Supervisor::Impl::announce_hooks(const HookPlan& plan) {
  for (const auto& hook : plan.hooks) {
    for (const auto& target : hook.targets) pipeline->add_hook(hook_info(plan, hook, target));
  }
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

Result<> Supervisor::Impl::start_policy(LoadedPolicy& policy, Result<RenderedUnit> unit, Result<ProgramImage> image) {
  const std::string what = "policy " + policy.plan.policy;
  if (!unit) return in_context(std::move(unit).error(), "generating " + what);
  if (!image) return in_context(std::move(image).error(), "compiling " + what);
  policy.state = PolicyState::Compiled;
  policy.instructions = instructions_of(*image);
  const Stopwatch watch(policy.load_ms);
  seed_rates(*unit);
  const SharedMaps shared{
      {"events", base->map_fd("events")}, {"procs", base->map_fd("procs")}, {"ended", base->map_fd("ended")}};
  auto loaded = LoadedProgram::load(*image, unit->inits, shared, host, "burin" + std::to_string(policies.size()));
  if (!loaded) return in_context(std::move(loaded).error(), "loading " + what);
  policy.program.emplace(std::move(*loaded));
  policy.state = PolicyState::Loaded;
  announce_hooks(policy.plan);
  for (const auto& attach : unit->attaches) {
    auto attached = policy.program->attach(attach, host);
    if (!attached) return in_context(std::move(attached).error(), "attaching " + what);
  }
  policy.state = PolicyState::Attached;
  return Ok{};
}

/// False for a policy of nothing but `loader: true`.
bool has_programs(const HookPlan& plan) {
  return !plan.loader || !plan.hooks.empty() || !plan.enforcers.empty();
}

Result<> Supervisor::Impl::start_policies(std::vector<HookPlan> plans) {
  std::vector<LoadedPolicy*> loading;
  std::vector<Result<RenderedUnit>> units;
  for (auto& plan : plans) {
    LoadedPolicy& policy = policies.emplace_back();
    policy.plan = std::move(plan);
    if (!has_programs(policy.plan)) continue;
    loading.push_back(&policy);
    units.push_back(render_policy(policy.plan, host, layout, needs));
  }
  std::vector<std::optional<Result<ProgramImage>>> images(units.size());
  {
    // Each compile is a process of its own; as many run side by side as there are CPUs.
    const Stopwatch watch(times.compile);
    const Compiler compiler(options.compiler, store ? &*store : nullptr);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < units.size(); i = next++) {
        if (units[i])
          images[i] = compiler.compile(units[i]->source, &loading[i]->compile);
        else
          images[i] = fail(ErrorCode::Internal, "there is no unit to compile");
      }
    };
    std::vector<std::jthread> helpers(
        units.empty() ? 0 : std::min<std::size_t>(units.size(), std::max(std::thread::hardware_concurrency(), 1U)) - 1);
    for (auto& helper : helpers) helper = std::jthread(work);
    work();
  }
  const Stopwatch watch(times.attach);
  for (std::size_t i = 0; i < units.size(); ++i)
    TRY_OK(start_policy(*loading[i], std::move(units[i]), std::move(*images[i])));
  if (options.perf.mappings) TRY_OK(reader->enable_mappings());
  for (auto& policy : policies) policy.state = PolicyState::Attached;
  return Ok{};
}

bool wants_user_stacks(const HookPlan& plan) {
  return std::ranges::any_of(plan.hooks, [](const PlannedHook& h) { return h.user_stack != kNone; });
}

Result<> Supervisor::Impl::start_with(LayoutChoice choice, std::vector<PolicyFile>& files, std::string& rendered,
                                      bool color) {
  TRY(layout, find_layout(choice));
  TRY(auto plans, plan_all(files, rendered, color));
  needs = needs_of(plans);
  // A program's memory map has to be read before the program ends: there is no time to wait for more events.
  if (std::ranges::any_of(plans, wants_user_stacks)) options.perf.wake_each_event = true;
  options.perf.mappings = std::ranges::any_of(plans, &HookPlan::loader);
  TRY_OK(start_base(layout));
  pipeline->start(seed_kernel());
  {
    const Stopwatch watch(times.self_test);
    reader->set_poll_ms(1);  // it waits for events
    self_test = run_self_test(*pipeline, *base, host, layout.source != "none");
  }
  for (const auto& mismatch : self_test.mismatches)
    log(LogLevel::Warning, "self-test", "layout " + layout.source + ": " + mismatch);
  if (!self_test.mismatches.empty())
    return fail(ErrorCode::Internal, "the self-test failed with layout source \"" + layout.source + "\"");
  TRY_OK(start_policies(std::move(plans)));
  reader->set_poll_ms(options.perf.poll_ms);
  pipeline->set_kernel_losses([this] {
    Pipeline::KernelLosses losses;
    add_losses(*base, host, losses);
    for (const auto& p : policies)
      if (p.program) add_losses(*p.program, host, losses);
    losses.unwritten += reader->mappings().lost;
    return losses;
  });
  return Ok{};
}

DaemonStatus Supervisor::Impl::status() const {
  DaemonStatus s;
  s.host = &host;
  s.layout_source = layout.source;
  s.self_test = &self_test;
  s.times = &times;
  s.base_compile = base_compile;
  s.base = {read_counters(*base, host, kHookExec, "exec", "tracepoint"),
            read_counters(*base, host, kHookExit, "exit", "tracepoint"),
            read_counters(*base, host, kHookClone, "clone", "tracepoint")};
  for (const auto& p : policies) {
    s.policies.push_back(&p);
    std::vector<HookCounters> hooks;
    std::size_t slot = 0;
    for (const auto& hook : p.plan.hooks)
      for (const auto& target : hook.targets) {
        if (p.program) hooks.push_back(read_counters(*p.program, host, slot, target.function, to_string(hook.rung)));
        ++slot;
      }
    if (p.plan.loader) hooks.push_back(loader_counters(reader->mappings()));
    if (p.program && !p.plan.enforcers.empty())
      hooks.push_back(read_counters(*p.program, host, slot, "enforcers", "enforcer"));
    s.policy_counters.push_back(std::move(hooks));
  }
  s.pipeline = pipeline->counters();
  s.outreach = outreach->counters();
  if (recorder) s.recorder = recorder->counters();
  s.newest_seq = hub->newest_seq();
  s.oldest_seq = hub->oldest_seq();
  return s;
}

Supervisor::Supervisor() : impl_(std::make_unique<Impl>()) {}
Supervisor::~Supervisor() {
  stop();
}

Result<std::unique_ptr<Supervisor>> Supervisor::start(const RunOptions& options, bool color, std::string& rendered) {
  std::unique_ptr<Supervisor> self(new Supervisor());
  Impl& d = *self->impl_;
  d.options = options;
  TRY(d.outreach, Outreach::start(options.outreach));
  if (!options.record_raw.empty()) {
    TRY(d.recorder, Recorder::open(options.record_raw));
  }
  double total = 0;
  {
    const Stopwatch whole(total);
    std::vector<PolicyFile> files;
    {
      const Stopwatch watch(d.times.policies);
      TRY(d.catalog, load_catalog());
      TRY(auto paths, collect_policy_files(options.policies));
      for (const auto& path : paths) {
        TRY(auto file, read_policy_file(path, options.variables));
        if (options.mode) file.policy.options.mode = *options.mode;
        files.push_back(std::move(file));
      }
      check_names(files);
      bool wrong = false;
      for (auto& file : files) {
        rendered += render(file.diagnostics, file.text, color);
        wrong = wrong || file.diagnostics.has_errors();
      }
      if (wrong) return fail(ErrorCode::InvalidPolicy, "nothing was loaded because of mistakes in the policies");
    }
    if (std::ranges::any_of(files, wants_max_data)) {  // the usual sizes would hold only a few such events
      d.options.perf.large_records = true;
      d.options.hub.max_bytes = std::max(d.options.hub.max_bytes, kLargeHubBytes);
    }
    d.hub = std::make_unique<StreamHub>(d.options.hub);
    TRY_OK(d.look_at_host(files));
    if (!options.cache_dir.empty()) {
      auto store = ImageStore::open(options.cache_dir);
      if (!store)
        log(LogLevel::Warning, "cache", "starting without a cache: " + store.error().text());
      else
        d.store.emplace(std::move(*store));
    }
    auto started = d.start_with(options.layout, files, rendered, color);
    if (!started && !d.self_test.mismatches.empty() && options.layout == LayoutChoice::Auto &&
        d.layout.source != "none") {
      log(LogLevel::Warning, "start", started.error().text() + "; trying again without structure layouts");
      d.stop_base();
      d.policies.clear();
      d.hub = std::make_unique<StreamHub>(options.hub);  // nobody has read the events of the first try
      started = d.start_with(LayoutChoice::None, files, rendered, color);
    }
    if (!started) return tl::unexpected(std::move(started).error());
  }
  d.times.total = total;
  d.ready = true;
  ::malloc_trim(0);  // parsing BTF and YAML took far more than running will
  return self;
}

void Supervisor::after_start() {
  if (impl_->base) impl_->base->detach("base_selftest");
}

void Supervisor::stop() {
  Impl& d = *impl_;
  if (d.stopped) return;
  d.stopped = true;
  d.ready = false;
  for (auto& p : d.policies) {
    if (p.program) p.program->detach_all();
    p.state = PolicyState::Detached;
  }
  if (d.base) d.base->detach_all();
  if (d.reader) d.reader->stop();
  if (d.pipeline) d.pipeline->stop();
  if (d.outreach) d.outreach->stop();
  if (d.hub) d.hub->close();
}

StreamHub& Supervisor::hub() {
  return *impl_->hub;
}
const std::string& Supervisor::node_name() const {
  return impl_->host.node_name;
}
const StartTimes& Supervisor::times() const {
  return impl_->times;
}
bool Supervisor::ready() const {
  return impl_->ready;
}

namespace {

bool reaches_out(const HookPlan& plan) {
  const auto any = [](const std::vector<Action>& list) {
    return std::ranges::any_of(list, [](const Action& a) { return performed_in_user_space(a.kind); });
  };
  return std::ranges::any_of(plan.hooks, [&](const PlannedHook& h) {
    return std::ranges::any_of(h.selectors,
                               [&](const PlannedSelector& s) { return any(s.actions) || any(s.return_actions); });
  });
}

}  // namespace

std::vector<std::string> Supervisor::warnings() const {
  std::vector<std::string> out;
  for (const auto& p : impl_->policies)
    for (const auto& u : p.plan.unavailable)
      out.push_back("policy " + p.plan.policy + ": " + u.function + " is not available here (" + u.reason + ")");
  if (!impl_->options.outreach.allowed)
    for (const auto& p : impl_->policies)
      if (reaches_out(p.plan))
        out.push_back("policy " + p.plan.policy +
                      ": GetUrl and DnsLookup are not performed (start with --allow-network-actions)");
  for (const auto& s : impl_->self_test.skipped) out.push_back("self-test skipped: " + s);
  return out;
}

std::string Supervisor::policies_json() const {
  return burin::policies_json(impl_->status());
}
std::string Supervisor::metrics_text() const {
  return burin::metrics_text(impl_->status());
}

}  // namespace burin
