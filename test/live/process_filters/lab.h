// One unit with a hook per process filter, all at getpgid(kToken), beside the base programs: processes are sent through
// a life (fork, exec, unshare ...) and call it, and the counters tell which filters held.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "kernel/loaded_program.h"
#include "model/hook_plan.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/process_needs.h"

namespace burin_test {

/// The argument by which the calls of this test are told from anybody's.
inline constexpr int kToken = 0x5ca1ab1e;

/// One filter under test. `followed` is what its mark stands for.
struct Candidate {
  std::string name;
  burin::PlannedProcessFilter filter;
  std::vector<burin::Followed> followed = {};
};

class Lab {
 public:
  /// Loads, attaches, seeds; REQUIREs that all of it works.
  explicit Lab(std::vector<Candidate> candidates);
  /// Runs a process through `life` and returns the names of the filters that held at its calls. Letters of `life`:
  ///   c  call          f  fork, go on as the child   o  the same, and wait until the parent is gone
  ///   xN;  exec copy N of this program (path(N))     p u i n m g U   unshare a namespace
  ///   d  drop CAP_SYS_TIME   t  go on as a second thread
  ///   s  fork a child that stays until this process ends
  std::set<std::string> held(const std::string& life);
  /// The same for a call of this process.
  std::set<std::string> held_here();
  /// Copy N of this program.
  static std::string path(int n);
  const burin::HostFacts& host() const { return host_; }
  burin::LoadedProgram& program() { return *policy_; }

 private:
  std::set<std::string> since(const std::vector<std::uint64_t>& before);
  std::vector<std::uint64_t> matched();

  std::vector<std::string> names_;
  burin::HostFacts host_;
  burin::LayoutTable layout_;
  std::optional<burin::LoadedProgram> base_, policy_;
};

/// False, and a loud skip, where this cannot run.
bool can_run();
/// Facts of this host.
const burin::HostFacts& this_host();

}  // namespace burin_test
