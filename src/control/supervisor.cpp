#include "control/supervisor.h"

#include <algorithm>

#include "base/embedded.h"
#include "base/log.h"
#include "bundle/bundle.h"
#include "control/bundling.h"
#include "control/catalog.h"
#include "control/start_notes.h"
#include "control/supervisor_impl.h"
#include "control/trim_memory.h"

namespace burin {

DaemonStatus Supervisor::Impl::status() const {
  DaemonStatus s;
  s.host = &host;
  s.layout_source = layout.source;
  s.self_test = &self_test;
  s.times = &times;
  s.base_compile = base_compile;
  const auto of_base = read_counters(*base, host);
  s.base = {counters_of(of_base, kHookExec, "exec", "tracepoint"),
            counters_of(of_base, kHookExit, "exit", "tracepoint"),
            counters_of(of_base, kHookClone, "clone", "tracepoint")};
  for (const auto& p : policies) {
    s.policies.push_back(&p);
    std::vector<HookCounters> hooks;
    const CounterPlaces places = counter_places(p.plan);
    const auto all = p.program ? read_counters(*p.program, host) : std::vector<std::uint64_t>{};
    for (std::size_t i = 0; p.program && i < p.plan.hooks.size(); ++i) {
      std::size_t at = places.hooks[i];
      for (const auto& target : p.plan.hooks[i].targets)
        hooks.push_back(counters_of(all, at++, target.function, to_string(p.plan.hooks[i].rung)));
    }
    if (p.plan.loader) hooks.push_back(loader_counters(reader->mappings()));
    if (p.program && !p.plan.enforcers.empty())
      hooks.push_back(counters_of(all, places.enforcers, "enforcers", "enforcer"));
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

Result<std::vector<PolicyFile>> Supervisor::Impl::read_bundled() {
  TRY(Bundle bundle, read_bundle(options.bundle));
  TRY(options.layout.pack, decode_pack(bundle.pack, "the pack in " + options.bundle.string()));
  options.layout.file = options.bundle;
  options.compiler.shipped = bundle.images;
  if (bundle.burin != BURIN_VERSION)
    log(LogLevel::Warning, "start",
        options.bundle.string() + " was made by burin " + bundle.burin + ", this is burin " + BURIN_VERSION +
            ": its programs may not serve");
  return policies_of(bundle, options.variables);
}

Result<std::unique_ptr<Supervisor>> Supervisor::start(const RunOptions& options, bool color, std::string& rendered) {
  std::unique_ptr<Supervisor> self(new Supervisor());
  Impl& d = *self->impl_;
  d.options = options;
  d.options.compiler.precompiled = kPrecompiled;
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
      TRY(files, options.bundle.empty() ? read_policy_files(options.policies, options.variables) : d.read_bundled());
      set_mode(files, options.mode);
      if (!render_mistakes(files, color, rendered))
        return fail(ErrorCode::InvalidPolicy, "nothing was loaded because of mistakes in the policies");
    }
    if (!options.cache_dir.empty()) {
      auto store = ImageStore::open(options.cache_dir);
      if (!store)
        log(LogLevel::Warning, "cache", "starting without a cache: " + store.error().text());
      else
        d.store.emplace(std::move(*store));
    }
    const std::string policies_note = note_of_policies(files);
    const bool known = d.store && d.store->note(policies_note);
    if (!known && !d.options.compiler.require_image && !d.options.compiler.shipped)
      d.options.compiler.started = start_ahead(d.options.compiler);
    if (std::ranges::any_of(files, wants_max_data)) {  // the usual sizes would hold only a few such events
      d.options.perf.large_records = true;
      d.options.hub.max_bytes = std::max(d.options.hub.max_bytes, kLargeHubBytes);
    }
    d.hub = std::make_unique<StreamHub>(d.options.hub);
    TRY_OK(d.look_at_host(files));
    auto started = d.start_on_ladder(files, rendered, color);
    d.options.compiler.started.reset();  // where nothing had to be compiled it still waits
    if (!started) return tl::unexpected(std::move(started).error());
    if (!known && d.store) (void)d.store->remember(policies_note, {});  // without it the next start is a little slower
  }
  d.times.total = total;
  d.ready = true;
  return self;
}

void Supervisor::after_start() {
  if (impl_->base) impl_->base->detach("base_selftest");
  trim_memory();  // parsing BTF and YAML took far more than running will
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
