// Policies on kernels that are not here: planned, rendered and compiled as they would be there, and measured.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "control/ground.h"
#include "kernel/target_check.h"
#include "model/target_profile.h"

namespace burin {

/// The ground of such a kernel: its version, and trials as it would answer them. Layouts, tracepoint formats, functions
/// and the machine stay this host's: nothing here knows the other's.
Ground on_target(Ground here, const TargetProfile& target);

/// Whether that kernel has programs of this kind (Fentry, Fexit, FmodRet, Lsm).
Trial trampoline_on(const TargetProfile& target, AttachSpec::Kind kind);

/// One program on a target.
struct TargetProgram {
  ProgramCost cost;
  bool base = false;  ///< of the programs that always run
  SourceSpan span;    ///< of the hook
  std::vector<TargetFinding> findings;
};

/// A hook that the target cannot serve and this host can, or that neither can.
struct TargetRefusal {
  std::string function, reason;
  SourceSpan span;
};

/// What a target says to a policy.
struct TargetVerdict {
  const TargetProfile* target = nullptr;
  std::vector<TargetProgram> programs;       ///< the base programs first
  std::vector<TargetRefusal> refused;        ///< hooks and filters that need what it lacks; units that do not compile
  std::vector<TargetRefusal> not_looked_at;  ///< hooks that this host cannot plan either
  /// Nothing refused, and every program without findings.
  bool fits() const;
};

/// Errors: there is no compiler, a probe manifest is broken. `policy` has been read without mistakes, and planned on
/// this host without any.
Result<TargetVerdict> judge(const Policy& policy, const TargetProfile& target, const CompilerOptions& options);

}  // namespace burin
