// What the supervisor owns, for the files that start and stop it. Nobody else includes this.
#pragma once
#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codegen/renderer.h"
#include "control/loaded_policy.h"
#include "control/pipeline.h"
#include "control/self_test.h"
#include "control/status.h"
#include "control/supervisor.h"
#include "control/unit_compiles.h"
#include "kernel/loaded_program.h"
#include "kernel/perf_reader.h"
#include "recording/recorder.h"

namespace burin {

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
  std::string self_test_note;
  CompileStats base_compile;
  std::string cache_trouble_told;
  std::unique_ptr<StreamHub> hub;
  std::unique_ptr<Outreach> outreach;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<LoadedProgram> base;
  std::list<LoadedPolicy> policies;
  std::unique_ptr<PerfReader> reader;
  std::atomic<bool> ready{false};
  bool stopped = false;

  Result<std::vector<PolicyFile>> read_bundled();
  Result<> look_at_host(const std::vector<PolicyFile>& files);
  Result<> start_base(const LayoutTable& table);
  void stop_base();
  /// The self-test, unless it passed before with just this base on just this kernel since the machine was booted.
  void test_base();
  Result<> start_with_layout(std::vector<PolicyFile>& files, std::string& rendered, bool color);
  Result<> start_on_ladder(std::vector<PolicyFile>& files, std::string& rendered, bool color);
  Result<std::vector<HookPlan>> plan_all(std::vector<PolicyFile>& files, std::string& rendered, bool color);
  /// The policies are compiled while the base programs are loaded and tested.
  std::unique_ptr<UnitCompiles> begin_compiles(const std::vector<HookPlan>& plans) const;
  Result<> start_policies(std::vector<HookPlan> plans, UnitCompiles& compiles);
  /// The unit once more, for a verifier that refused it: its log then names lines.
  Result<ProgramImage> compile_with_lines(const RenderedUnit& unit) const;
  Result<> load_policy(LoadedPolicy& policy, const RenderedUnit& unit, const ProgramImage& image);
  Result<> start_policy(LoadedPolicy& policy, CompiledUnitOfPolicy compiled);
  /// Says why an image that should have been there was not used.
  static void log_compile(const std::string& unit, const CompileStats& stats);
  /// Says what is wrong with the cache, each thing once.
  void tell_cache_trouble(const CompileStats& stats);
  void announce_hooks(const HookPlan& plan);
  std::vector<SeedProcess> seed_kernel();
  DaemonStatus status() const;
};

}  // namespace burin
