#include "control/status.h"

#include <fmt/format.h>

#include "codegen/renderer.h"
#include "event/encode.h"

namespace burin {

std::string_view to_string(PolicyState state) {
  switch (state) {
    case PolicyState::Parsed: return "parsed";
    case PolicyState::Planned: return "planned";
    case PolicyState::Compiled: return "compiled";
    case PolicyState::Loaded: return "loaded";
    case PolicyState::Attached: return "attached";
    case PolicyState::Detached: return "detached";
    case PolicyState::Failed: return "failed";
  }
  return "failed";
}

std::vector<std::uint64_t> read_counters(const LoadedProgram& program, const HostFacts& host) {
  return program.read_percpu_u64("counters", host.possible_cpus).value_or(std::vector<std::uint64_t>{});
}

HookCounters counters_of(const std::vector<std::uint64_t>& all, std::size_t hook, std::string_view function,
                         std::string_view rung) {
  HookCounters counters{std::string(function), std::string(rung), {}};
  const std::size_t first = hook * kCounterSlots;
  if (all.size() >= first + kCounterSlots)
    counters.slots.assign(all.begin() + static_cast<std::ptrdiff_t>(first),
                          all.begin() + static_cast<std::ptrdiff_t>(first + kCounterSlots));
  return counters;
}

HookCounters loader_counters(const MappingCounters& mappings) {
  HookCounters counters{"loader", std::string(kLoaderRung), std::vector<std::uint64_t>(kCounterSlots)};
  counters.slots[kSlotEntered] = mappings.mapped;
  counters.slots[kSlotMatched] = counters.slots[kSlotPosted] = mappings.files;
  counters.slots[kSlotNoSpace] = mappings.lost;
  return counters;
}

void add_losses(const LoadedProgram& program, const HostFacts& host, Pipeline::KernelLosses& losses) {
  const auto slots = program.read_percpu_u64("counters", host.possible_cpus);
  for (std::size_t i = 0; slots && i < slots->size(); ++i)
    if (i % kCounterSlots == kSlotNoSpace || i % kCounterSlots == kSlotFailed) losses.unwritten += (*slots)[i];
  losses.skipped += program.skipped_runs();
}

namespace {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string counters_json(const HookCounters& counters) {
  std::string out = "{";
  for (std::size_t i = 0; i < kCounters && i < counters.slots.size(); ++i)
    out += fmt::format("{}\"{}\":{}", i ? "," : "", kCounterNames[i], counters.slots[i]);
  return out + "}";
}

std::string tried_json(const std::vector<RungTried>& tried) {
  std::string out = "[";
  for (const auto& t : tried)
    out += fmt::format("{}{{\"rung\":{},\"reason\":{}}}", out.size() > 1 ? "," : "", json_text(to_string(t.rung)),
                       json_text(t.reason));
  return out + "]";
}

std::string compile_json(const CompileStats& c) {
  return fmt::format("{{\"cached\":{},\"bundled\":{},\"precompiled\":{},\"seconds\":{:.4f},\"peak_kib\":{}}}", c.cached,
                     c.shipped, c.precompiled, c.seconds, c.child_peak_kib);
}

std::string strings_json(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + json_text(item);
  return out + "]";
}

std::string policy_json(const LoadedPolicy& p, const std::vector<HookCounters>& counters) {
  std::string hooks;
  std::size_t i = 0;
  for (const auto& h : p.plan.hooks)
    for (const auto& target : h.targets) {
      hooks += fmt::format("{}{{\"id\":{},\"function\":{},\"rung\":{},\"tried\":{},\"line\":{},\"counters\":{}}}",
                           i ? "," : "", target.id, json_text(target.function), json_text(to_string(h.rung)),
                           tried_json(h.tried), h.span.line, i < counters.size() ? counters_json(counters[i]) : "{}");
      ++i;
    }
  if (p.plan.loader) {
    hooks += fmt::format("{}{{\"id\":{},\"function\":\"loader\",\"rung\":{},\"tried\":[],\"line\":{},\"counters\":{}}}",
                         i ? "," : "", kHookLoad, json_text(kLoaderRung), p.plan.loader_span.line,
                         i < counters.size() ? counters_json(counters[i]) : "{}");
    ++i;
  }
  std::string enforcers;
  for (const auto& e : p.plan.enforcers) enforcers += (enforcers.empty() ? "" : ",") + json_text(e.function);
  if (!enforcers.empty())
    enforcers = fmt::format(",\"enforcers\":{{\"functions\":[{}],\"counters\":{}}}", enforcers,
                            i < counters.size() ? counters_json(counters[i]) : "{}");
  std::string unavailable;
  for (const auto& u : p.plan.unavailable)
    unavailable +=
        fmt::format("{}{{\"function\":{},\"reason\":{},\"tried\":{},\"line\":{}}}", unavailable.empty() ? "" : ",",
                    json_text(u.function), json_text(u.reason), tried_json(u.tried), u.span.line);
  std::string out = fmt::format("{{\"name\":{},\"file\":{},\"state\":\"{}\"", json_text(p.plan.policy),
                                json_text(p.plan.file), to_string(p.state.load()));
  if (!p.error.empty()) out += ",\"error\":" + json_text(p.error);
  return out + fmt::format(
                   ",\"mode\":\"{}\",\"hooks\":[{}]{},\"unavailable\":[{}],\"compile\":{},\"load_ms\":{:.2f},"
                   "\"instructions\":{}}}",
                   p.plan.options.mode == PolicyMode::Monitor ? "monitor" : "enforce", hooks, enforcers, unavailable,
                   compile_json(p.compile), p.load_ms, p.instructions);
}

}  // namespace

std::string policies_json(const DaemonStatus& s) {
  std::string base;
  for (const auto& h : s.base)
    base += fmt::format("{}{{\"function\":{},\"rung\":{},\"counters\":{}}}", base.empty() ? "" : ",",
                        json_text(h.function), json_text(h.rung), counters_json(h));
  std::string policies;
  for (std::size_t i = 0; i < s.policies.size(); ++i)
    policies += (i ? "," : "") + policy_json(*s.policies[i], s.policy_counters[i]);
  return fmt::format(
      "{{\"kernel\":{},\"layout\":{},\"self_test\":{{\"passed\":{},\"mismatches\":{},\"skipped\":{},\"earlier\":{}}},"
      "\"base\":{{\"hooks\":[{}],\"compile\":{}}},\"policies\":[{}],"
      "\"events\":{{\"published\":{},\"lost_perf_buffer\":{},\"skipped_runs\":{},\"lost_raw_queue\":{},\"malformed\":{}"
      ",\"late\":{},\"data_dropped\":{},"
      "\"oldest_seq\":{},\"newest_seq\":{}}},\"start_ms\":{:.1f}}}\n",
      json_text(s.host->release), json_text(s.layout_source), strings_json(s.self_test->passed),
      strings_json(s.self_test->mismatches), strings_json(s.self_test->skipped), s.self_test->earlier, base,
      compile_json(s.base_compile), policies, s.pipeline.events, s.pipeline.lost_ring, s.pipeline.skipped,
      s.pipeline.lost_queue, s.pipeline.malformed, s.pipeline.late, s.pipeline.data_dropped, s.oldest_seq, s.newest_seq,
      s.times->total);
}

namespace {

/// Prometheus text: HELP and TYPE once, then samples.
class Metrics {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    name_ = name;
  }
  void sample(std::string_view labels, double value) {
    out_ += labels.empty() ? fmt::format("{} {}\n", name_, value) : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  void sample(std::string_view labels, std::uint64_t value) {
    out_ += labels.empty() ? fmt::format("{} {}\n", name_, value) : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_, name_;
};

/// Policy names are DNS-1123 and functions kernel symbols, so neither needs escaping in a label.
void hook_samples(Metrics& m, const std::string& policy, const HookCounters& hook) {
  for (std::size_t i = 0; i < kCounters && i < hook.slots.size(); ++i)
    m.sample(fmt::format("policy=\"{}\",hook=\"{}\",rung=\"{}\",result=\"{}\"", policy, hook.function, hook.rung,
                         kCounterNames[i]),
             hook.slots[i]);
}

}  // namespace

std::string metrics_text(const DaemonStatus& s) {
  Metrics m;
  m.family("burin_hook_records_total", "counter", "What each hook did with its firings, counted in the kernel.");
  for (const auto& h : s.base) hook_samples(m, "", h);
  for (std::size_t i = 0; i < s.policies.size(); ++i)
    for (const auto& h : s.policy_counters[i]) hook_samples(m, s.policies[i]->plan.policy, h);
  m.family("burin_events_total", "counter", "Events published to the stream.");
  m.sample("", s.pipeline.events);
  m.family("burin_records_total", "counter", "Records taken out of the perf buffers and looked at.");
  m.sample("", s.pipeline.records);
  m.family("burin_lost_records_total", "counter",
           "Records that never became events, by reason; each is a gap in the stream.");
  m.sample("reason=\"perf_buffer\"", s.pipeline.lost_ring);
  m.sample("reason=\"skipped_run\"", s.pipeline.skipped);
  m.sample("reason=\"raw_queue\"", s.pipeline.lost_queue);
  m.sample("reason=\"malformed\"", s.pipeline.malformed);
  m.family("burin_late_records_total", "counter", "Records published out of time order because they came too late.");
  m.sample("", s.pipeline.late);
  m.family("burin_data_dropped_total", "counter",
           "Values of arguments with maxData that were given up before their event came.");
  m.sample("", s.pipeline.data_dropped);
  m.family("burin_network_actions_total", "counter", "GetUrl and DnsLookup by what became of them.");
  m.sample("result=\"done\"", s.outreach.done);
  m.sample("result=\"failed\"", s.outreach.failed);
  m.sample("result=\"dropped\"", s.outreach.dropped);
  m.sample("result=\"not_allowed\"", s.outreach.refused);
  if (s.recorder) {
    m.family("burin_recording_bytes", "gauge", "Size of the raw recording.");
    m.sample("", s.recorder->bytes);
    m.family("burin_recording_records_total", "counter", "Raw records by whether they are in the recording.");
    m.sample("result=\"written\"", s.recorder->records);
    m.sample("result=\"missing\"", s.recorder->missing);
  }
  m.family("burin_processes", "gauge", "Entries of the process table.");
  m.sample("", s.pipeline.processes);
  m.family("burin_policies", "gauge", "Policies by state.");
  std::size_t attached = 0;
  for (const auto* p : s.policies) attached += p->state == PolicyState::Attached;
  m.sample("state=\"attached\"", static_cast<std::uint64_t>(attached));
  m.sample("state=\"failed\"", static_cast<std::uint64_t>(s.policies.size() - attached));
  m.family("burin_hooks_unavailable", "gauge", "Hooks of a policy that this host cannot serve.");
  for (const auto* p : s.policies)
    m.sample(fmt::format("policy=\"{}\"", p->plan.policy), static_cast<std::uint64_t>(p->plan.unavailable.size()));
  m.family("burin_compiles_total", "counter", "Program units by where their image came from.");
  std::uint64_t bundled = 0, precompiled = 0, cached = 0, compiled = 0;
  const auto count = [&](const CompileStats& c) {
    (c.shipped ? bundled : c.precompiled ? precompiled : c.cached ? cached : compiled) += 1;
  };
  count(s.base_compile);
  for (const auto* p : s.policies)
    if (p->program) count(p->compile);
  m.sample("image=\"bundled\"", bundled);
  m.sample("image=\"precompiled\"", precompiled);
  m.sample("image=\"cached\"", cached);
  m.sample("image=\"compiled\"", compiled);
  m.family("burin_start_seconds", "gauge", "Time from the start of the process to all policies attached.");
  m.sample("", s.times->total / 1000);
  return m.take();
}

}  // namespace burin
