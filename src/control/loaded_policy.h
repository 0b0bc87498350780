// One policy through its life.
#pragma once
#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "compile/compiler.h"
#include "kernel/loaded_program.h"
#include "model/hook_plan.h"

namespace burin {

enum class PolicyState { Parsed, Planned, Compiled, Loaded, Attached, Detached, Failed };
std::string_view to_string(PolicyState state);

struct LoadedPolicy {
  HookPlan plan;
  std::atomic<PolicyState> state{PolicyState::Planned};  ///< read by HTTP workers
  CompileStats compile;
  double load_ms = 0;                    ///< milliseconds for maps, verifier, attach
  std::size_t instructions = 0;          ///< of all its programs
  std::optional<LoadedProgram> program;  ///< none before Loaded
  std::string error;                     ///< why, when Failed
};

}  // namespace burin
