// The daemon's life: host facts, layout, policies, compile, load, attach, self-test; then shutdown in order. Owns
// everything that runs except the HTTP server, which app/ puts in front of it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compiler.h"
#include "control/layout_ladder.h"
#include "control/policy_files.h"
#include "kernel/perf_reader.h"
#include "model/policy.h"
#include "outreach/outreach.h"
#include "sink/stream_hub.h"

namespace burin {

struct RunOptions {
  std::vector<std::string> policies;  ///< files and directories
  std::filesystem::path bundle;       ///< instead of `policies`; empty = none
  Variables variables;                ///< --set
  LayoutOptions layout;
  std::filesystem::path cache_dir;  ///< empty = no cache
  CompilerOptions compiler;
  PerfReaderOptions perf;
  HubLimits hub;
  std::string node_name;           ///< empty = the host's
  std::optional<PolicyMode> mode;  ///< overrides the policies' `policy-mode`
  OutreachOptions outreach;
  bool expose_stack_addresses = false;
  std::filesystem::path record_raw;  ///< where to write a raw recording; empty = nowhere
};

/// Milliseconds of each step of the start, for the "ready" line and the startup bench.
struct StartTimes {
  double host = 0, layout = 0, policies = 0, compile = 0, load = 0, processes = 0, self_test = 0, attach = 0, total = 0;
};

class Supervisor {
 public:
  /// Everything up to "attached". `rendered` receives the diagnostics of all policy files as text (also warnings);
  /// `color` is for that text. On error nothing stays loaded.
  static Result<std::unique_ptr<Supervisor>> start(const RunOptions& options, bool color, std::string& rendered);
  ~Supervisor();

  /// Detach, drain, flush, close the stream. Idempotent.
  void stop();
  /// Work that could wait until nobody waits for the start (detaching the self-test's program). Call once, after start.
  void after_start();

  StreamHub& hub();
  const std::string& node_name() const;
  const StartTimes& times() const;
  /// One line per hook that is not available, for the log.
  std::vector<std::string> warnings() const;

  // Thread-safe; called by the HTTP workers.
  bool ready() const;
  std::string policies_json() const;
  std::string metrics_text() const;

 private:
  Supervisor();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
