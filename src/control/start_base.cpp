// The first half of a start: this host, a source of layouts, the base programs, their self-test.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/log.h"
#include "control/base_maps.h"
#include "control/diagnosis.h"
#include "control/host_questions.h"
#include "control/seed.h"
#include "control/start_notes.h"
#include "control/supervisor_impl.h"
#include "host/host_reader.h"
#include "plan/planner.h"

namespace burin {
namespace {

/// Inode number of /proc/self/ns/pid in the initial pid namespace (PROC_PID_INIT_INO).
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

bool wants_user_stacks(const HookPlan& plan) {
  return std::ranges::any_of(plan.hooks, [](const PlannedHook& h) { return h.user_stack != kNone; });
}

/// `named`: the user wants this one.
void tell_attempt(const LayoutAttempt& a, bool named) {
  const LogLevel level = named || !a.danger.empty() ? LogLevel::Warning : a.telling ? LogLevel::Info : LogLevel::Debug;
  log(level, "layout",
      fmt::format("{}{}: {}{}{}", to_string(a.source), a.where.empty() ? "" : " (" + a.where + ")", a.outcome,
                  a.danger.empty() ? "" : "; " + a.danger, a.cure.empty() ? "" : " (cure: " + a.cure + ")"));
}

}  // namespace

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
  for (const auto& f : diagnose_settings(host))
    if (f.verdict != Verdict::Good)
      log(f.verdict == Verdict::Broken ? LogLevel::Warning : LogLevel::Info, "host",
          f.what + " is " + f.found + ": " + f.meaning + " (cure: " + f.cure + ")");
  if (!host.bpf_load.works) {
    const Finding rights = diagnose_rights(read_rights("/"));
    if (rights.verdict != Verdict::Good)
      return fail(ErrorCode::PermissionDenied, rights.found + ": " + rights.meaning,
                  host.bpf_load.reason + "\ncure: " + rights.cure);
    return fail(ErrorCode::Unsupported, "this kernel does not load BPF programs for us: " + host.bpf_load.reason);
  }
  if (options.layout.pack)
    if (const std::string why = kernel_mismatch(options.layout.pack->kernel, identity_of(host)); !why.empty())
      return fail(ErrorCode::Unsupported,
                  "bundle " + options.bundle.string() + " is not for this kernel: " + why +
                      "; make one for it (`burin layout pack` here, `burin bundle --for` there)");
  if (const int swept = sweep_leftovers(host))
    log(LogLevel::Info, "start", "removed " + std::to_string(swept) + " leftovers of a burin that died");
  return Ok{};
}

void Supervisor::Impl::tell_cache_trouble(const CompileStats& stats) {
  if (stats.cache_trouble.empty() || stats.cache_trouble == cache_trouble_told) return;
  cache_trouble_told = stats.cache_trouble;
  log(LogLevel::Warning, "cache",
      stats.cache_trouble + ": the next start compiles anew (cure: --cache-dir DIR with one that root can write)");
}

Result<ProgramImage> Supervisor::Impl::compile_with_lines(const RenderedUnit& unit) const {
  ProgramSource source = unit.source;
  source.lines = true;
  return Compiler(options.compiler, store ? &*store : nullptr).compile(source);
}

Result<> Supervisor::Impl::start_base(const LayoutTable& table) {
  TRY(auto unit, render_base(host, table, needs));
  self_test_note = note_of_self_test(host, table, unit.source);
  const Compiler compiler(options.compiler, store ? &*store : nullptr);
  auto image = [&] {
    const Stopwatch watch(times.compile);
    return compiler.compile(unit.source, &base_compile);
  }();
  log_compile("base", base_compile);
  if (!image) return in_context(std::move(image).error(), "compiling the base programs");
  tell_cache_trouble(base_compile);
  TRY_OK(check_base_maps(*image, needs));
  const Stopwatch watch(times.load);
  auto loaded = LoadedProgram::load(*image, unit.inits, {}, host, "burin");
  if (!loaded && loaded.error().code == ErrorCode::Verify)
    if (auto told = compile_with_lines(unit)) loaded = LoadedProgram::load(*told, unit.inits, {}, host, "burin");
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

void Supervisor::Impl::test_base() {
  const Stopwatch watch(times.self_test);
  if (store)
    if (const auto kept = store->note(self_test_note)) {
      self_test = report_of_note(*kept);
      return;
    }
  reader->set_poll_ms(1);  // it waits for events
  self_test = run_self_test(*pipeline, *base, host, layout);
  if (const auto kept = kept_report(self_test); kept && store)
    (void)store->remember(self_test_note, *kept);  // what cannot be kept is tested again next time
}

Result<> Supervisor::Impl::start_with_layout(std::vector<PolicyFile>& files, std::string& rendered, bool color) {
  TRY(auto plans, plan_all(files, rendered, color));
  needs = needs_of(plans);
  // A program's memory map has to be read before the program ends: there is no time to wait for more events.
  if (std::ranges::any_of(plans, wants_user_stacks)) options.perf.wake_each_event = true;
  options.perf.mappings = std::ranges::any_of(plans, &HookPlan::loader);
  const auto compiles = begin_compiles(plans);
  TRY_OK(start_base(layout));
  pipeline->start(seed_kernel());
  test_base();
  for (const auto& mismatch : self_test.mismatches)
    log(LogLevel::Warning, "self-test", "layout " + layout.source + ": " + mismatch);
  if (!self_test.mismatches.empty())
    return fail(ErrorCode::Internal, "the self-test failed with layout source \"" + layout.source + "\"");
  TRY_OK(start_policies(std::move(plans), *compiles));
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

Result<> Supervisor::Impl::start_on_ladder(std::vector<PolicyFile>& files, std::string& rendered, bool color) {
  LayoutLadder ladder(options.layout, host, layout_members(), options.compiler,
                      store ? store->directory() : std::filesystem::path());
  for (std::size_t told = 0;;) {
    std::optional<LayoutTable> table;
    {
      const Stopwatch watch(times.layout);
      table = ladder.next();
    }
    for (; told < ladder.attempts().size(); ++told) {
      const LayoutAttempt& a = ladder.attempts()[told];
      if (!a.usable) tell_attempt(a, a.source == LayoutSource::File && !options.layout.file.empty());
    }
    if (!table) {
      const auto& only = options.layout.only;
      return fail(ErrorCode::Unsupported,
                  only ? fmt::format("layout source {} cannot be used (without --layout-source another one is taken)",
                                     to_string(*only))
                       : "no source of structure layouts can be used",
                  ladder.why_not());
    }
    layout = std::move(*table);
    self_test = {};
    std::string text;
    auto started = start_with_layout(files, text, color);
    if (started || self_test.mismatches.empty()) {
      rendered += text;
      return started;
    }
    ladder.drop(started.error().text() + ": " + self_test.mismatches.front());
    log(LogLevel::Warning, "start", started.error().text() + "; trying the next source");
    stop_base();
    policies.clear();
    hub = std::make_unique<StreamHub>(options.hub);  // nobody has read the events of this try
  }
}

}  // namespace burin
