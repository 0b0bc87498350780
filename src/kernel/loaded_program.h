// An image in the kernel: maps, programs, links. Dropping it detaches and frees everything.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/host_facts.h"
#include "model/program.h"

namespace burin {

/// Map name -> fd, borrowed: maps that already exist and are used by an image instead of creating its own of that name.
using SharedMaps = std::map<std::string, int>;

class LoadedProgram {
 public:
  /// Creates maps (or takes the shared ones, after comparing type and sizes), writes `inits`, loads every program. `tag`
  /// (short) becomes part of the kernel-visible names (15 characters: tag, '_', function). A verifier refusal is
  /// Error{Verify} with the verifier's log in `detail`.
  static Result<LoadedProgram> load(const ProgramImage& image, const std::vector<MapInit>& inits, const SharedMaps& shared,
                                    const HostFacts& host, std::string_view tag);

  LoadedProgram(LoadedProgram&&) noexcept;
  LoadedProgram& operator=(LoadedProgram&&) noexcept;
  ~LoadedProgram();

  /// Attaches one program; on error nothing of it is left. Links are perf_event_open probes or bpf_links only, so that a
  /// killed process leaves nothing behind.
  Result<> attach(const AttachSpec& spec, const HostFacts& host);
  void detach_all();

  int map_fd(std::string_view name) const;      ///< -1 when there is none
  int program_fd(std::string_view function) const;
  /// Sum over CPUs of a per-CPU array's u64 slots: result[i] = slot i. Empty when the map does not exist.
  Result<std::vector<std::uint64_t>> read_percpu_u64(std::string_view map, std::uint32_t possible_cpus) const;

 private:
  struct Impl;
  explicit LoadedProgram(Impl* impl) : impl_(impl) {}
  Impl* impl_ = nullptr;
};

/// Runs a loaded SCHED_CLS program by BPF_PROG_TEST_RUN on `packet`; returns its return value. For tests and self-tests.
Result<std::uint32_t> test_run(int program_fd, std::vector<std::byte>& packet, std::uint32_t repeat = 1);

/// Tries: a two-instruction program of each type is loaded (and attached). Fills host.bpf_load, kprobe, sock_ops.
void try_kernel(HostFacts& host);

/// Removes what a burin that died left behind in tracefs (names "burin_<pid>_..." whose pid is gone). Returns how many.
int sweep_leftovers(const HostFacts& host);

}  // namespace burin
