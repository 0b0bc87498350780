// What the daemon shows of itself: /v1/policies and /metrics.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/loaded_policy.h"
#include "control/pipeline.h"
#include "control/self_test.h"
#include "control/supervisor.h"
#include "kernel/perf_reader.h"
#include "model/host_facts.h"
#include "recording/recorder.h"

namespace burin {

/// Counters of one hook, by kCounterNames.
struct HookCounters {
  std::string function;
  std::string rung;
  std::vector<std::uint64_t> slots;
};

struct DaemonStatus {
  const HostFacts* host = nullptr;
  std::string layout_source;
  const SelfTestReport* self_test = nullptr;
  const StartTimes* times = nullptr;
  CompileStats base_compile;
  std::vector<HookCounters> base;  ///< exec, exit, clone
  std::vector<const LoadedPolicy*> policies;
  std::vector<std::vector<HookCounters>> policy_counters;  ///< beside `policies`, one entry a hook
  PipelineCounters pipeline;
  OutreachCounters outreach;
  std::optional<RecorderCounters> recorder;  ///< with --record-raw
  std::uint64_t newest_seq = 0;
  std::uint64_t oldest_seq = 0;
};

/// All counters of a unit, summed over the CPUs; empty when the map cannot be read. Thread-safe. Reads the whole map:
/// ask once for all of a unit's hooks.
std::vector<std::uint64_t> read_counters(const LoadedProgram& program, const HostFacts& host);
/// Those of the unit's hook number `hook`; no slots when `all` has none for it.
HookCounters counters_of(const std::vector<std::uint64_t>& all, std::size_t hook, std::string_view function,
                         std::string_view rung);
/// Of `loader: true`, one source for all policies: entered = executable mappings, matched and posted = those of files,
/// no_space = what found no room in the rings.
HookCounters loader_counters(const MappingCounters& mappings);
/// Adds what a unit's programs missed so far. Thread-safe.
void add_losses(const LoadedProgram& program, const HostFacts& host, Pipeline::KernelLosses& losses);

std::string policies_json(const DaemonStatus& status);
std::string metrics_text(const DaemonStatus& status);

}  // namespace burin
