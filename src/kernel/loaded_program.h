// An image in the kernel: maps, programs, links. Dropping it detaches and frees everything.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/host_facts.h"
#include "model/program.h"

namespace burin {

/// Map name -> fd, borrowed for the call (duplicated inside): maps that already exist and are used by an image instead
/// of creating its own of that name.
using SharedMaps = std::map<std::string, int>;

class LoadedProgram {
 public:
  /// Creates maps (or takes the shared ones, after comparing type and sizes), writes `inits`, loads every program.
  /// `tag` (short) becomes part of the kernel-visible names (15 characters: tag, '_', function; a long tag is cut
  /// first). The image is treated as untrusted: its counts, sizes and relocations are checked before anything is
  /// created. A verifier refusal is Error{Verify} with the verifier's log (its last 256 KiB) in `detail`. BTF, func and
  /// line info are dropped silently where the kernel refuses them. In a per-CPU map an init value goes to every CPU. A
  /// map init may name a shared map; it is written there. Programs that the kernel binds to a function when it loads
  /// them (fentry, fexit, fmod_ret, lsm), and programs that ask for their attach cookie on a kernel without cookies,
  /// are only taken over here: attach() loads them, once for each place.
  static Result<LoadedProgram> load(const ProgramImage& image, const std::vector<MapInit>& inits,
                                    const SharedMaps& shared, const HostFacts& host, std::string_view tag);

  LoadedProgram(LoadedProgram&&) noexcept;
  LoadedProgram& operator=(LoadedProgram&&) noexcept;
  ~LoadedProgram();

  /// Attaches one program; on error nothing of it is left. Links are perf_event_open probes or bpf_links only, so that
  /// a killed process leaves nothing behind. Kind::None attaches nothing and succeeds. A program that is loaded
  /// once for each place may be refused by the verifier here: Error{Verify} with its log in `detail`.
  Result<> attach(const AttachSpec& spec, const HostFacts& host);
  /// Detaches one program; it may still be running on another CPU when this returns.
  void detach(std::string_view function);
  /// When it returns, no attached program runs any more on any CPU (tens of milliseconds): a PerfReader that is stopped
  /// afterwards delivers every record. Programs and maps stay loaded until the object goes.
  void detach_all();

  int map_fd(std::string_view name) const;  ///< -1 when there is none; owned by this object
  int program_fd(std::string_view function) const;
  /// How often the kernel left a run of one of the programs out, because a tracing program was already running on that
  /// CPU (bpf_prog_info.recursion_misses, 5.12; for perf tracepoints and kprobes since 6.7). 0 where it does not count.
  std::uint64_t skipped_runs() const;
  /// Sum over CPUs of a per-CPU array's u64 slots, entry after entry: result[i] = slot i. Empty when the map does not
  /// exist.
  Result<std::vector<std::uint64_t>> read_percpu_u64(std::string_view map, std::uint32_t possible_cpus) const;

 private:
  struct Impl;
  explicit LoadedProgram(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Runs a loaded SCHED_CLS program by BPF_PROG_TEST_RUN on `packet` (at least 14 bytes: an Ethernet header); returns
/// its return value and leaves the packet as the program left it. For tests and self-tests.
Result<std::uint32_t> test_run(int program_fd, std::vector<std::byte>& packet, std::uint32_t repeat = 1);

/// Tries: a small program of each type is loaded (and attached for a moment), and one for each helper that not every
/// kernel has. Fills the trials and `lacks` of host; `reason` says in words what failed and what would cure it.
void try_kernel(HostFacts& host);

/// Whether a kprobe can be set on this function: it is set, disabled, and taken away again, which costs microseconds
/// where a look into kallsyms costs a tenth of a second. The reason names the function.
Trial try_function(std::string_view symbol);

class BtfTargets;
/// Keeps the kernel's BTF between questions; it is read at the first one.
std::shared_ptr<BtfTargets> make_btf_targets();
/// Whether fentry (or fexit, fmod_ret, lsm) programs load and attach at this function: one does, for a moment.
Trial try_traced(AttachSpec::Kind kind, std::string_view function, const HostFacts& host, BtfTargets& targets);

/// Removes what a burin that died left behind in tracefs (names "burin_<pid>_..." whose pid is gone). Returns how many.
int sweep_leftovers(const HostFacts& host);

}  // namespace burin
