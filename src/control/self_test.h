// Does what the kernel side reads agree with what we know to be true? Run once at start, on every layout rung: a rung
// that reads wrong memory must not be used.
#pragma once
#include <string>
#include <vector>

#include "control/pipeline.h"
#include "kernel/loaded_program.h"
#include "model/host_facts.h"
#include "model/layout_table.h"

namespace burin {

struct SelfTestReport {
  std::vector<std::string> passed;      ///< what was compared and agreed
  std::vector<std::string> mismatches;  ///< "cwd: kernel says /x, truth is /y"; any one drops the rung
  std::vector<std::string> skipped;     ///< what could not be tested here, and why
  bool earlier = false;                 ///< found by a start before this one, since the machine was booted
};

/// Bytes of a value of the map "selftest", through which the kernel side and the socket test talk.
std::size_t self_test_value_size();

/// Starts /bin/cat as a child of this process and compares the exec and exit events (binary, arguments, working
/// directory, uid, parent, exit status, path in the process map) with the truth; opens a connection to itself on
/// loopback and compares the sock that the kernel side read with getsockname(2). The pipeline must be running; its
/// observer is used meanwhile. Fields that only `layout` gives are compared as far as it gives them. The program
/// "base_selftest" stays attached: detaching costs an RCU grace period, so the caller does it when nobody waits. Takes
/// a few tens of milliseconds at most.
SelfTestReport run_self_test(Pipeline& pipeline, LoadedProgram& base, const HostFacts& host, const LayoutTable& layout);

}  // namespace burin
