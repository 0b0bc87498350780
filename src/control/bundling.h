// Policies and a host -> a bundle: everything that a start there would generate, compiled here.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "bundle/host_profile.h"
#include "compile/compiler.h"
#include "control/policy_files.h"

namespace burin {

/// What came out, and what people should know of it.
struct MadeBundle {
  Bundle bundle;
  std::vector<std::string> notes;  ///< hooks that are left out there, one line each
};

/// Plans the policies for the host of `profile` as a start there would, and compiles their units. Error{Unsupported}
/// when the profile does not say what a policy needs to know, with the cure. `store`: may be null. `rendered` receives
/// diagnostics.
Result<MadeBundle> make_bundle(std::vector<PolicyFile>& files, const HostProfile& profile,
                               const CompilerOptions& compiler, const ImageStore* store, std::string& rendered,
                               bool color);

/// The policies of a bundle, read again as one set with the variables and the mode of its making. Values in `variables`
/// override those.
std::vector<PolicyFile> policies_of(const Bundle& bundle, const Variables& variables);

}  // namespace burin
