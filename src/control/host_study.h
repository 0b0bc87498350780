// This host as a value that another machine can plan and compile for.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/host_profile.h"
#include "compile/compiler.h"
#include "control/layout_ladder.h"
#include "control/policy_files.h"

namespace burin {

/// How this host is to be looked at.
struct StudyOptions {
  LayoutOptions layout;
  CompilerOptions compiler;
  std::filesystem::path cache_dir;  ///< empty = nowhere
};

/// Facts, the layouts of the first source that has any, and the answers to what these policies ask of a host; planning
/// them here is what asks. Loads small programs and takes them away again. Error{Unsupported} when this host loads no
/// BPF programs for us. Mistakes in the policies go to `rendered`. The rungs of the ladder that were tried are added to
/// `attempts`.
Result<HostProfile> study_host(std::vector<PolicyFile>& files, const StudyOptions& options,
                               std::vector<LayoutAttempt>& attempts, std::string& rendered, bool color);

}  // namespace burin
