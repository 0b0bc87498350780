// What a policy names and this host does not have, found without privileges: for `burin check`.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "diag/diagnostic.h"
#include "model/policy.h"

namespace burin {

/// Looks up functions, system calls, LSM hooks, tracepoints and binaries under `root` ("/" in production). What is
/// missing becomes a warning "not-on-this-host" at its place, with the nearest name that exists: another host may have
/// it. Returns a sentence for each thing that could not be looked at.
std::vector<std::string> check_on_host(const Policy& policy, const std::filesystem::path& root,
                                       Diagnostics& diagnostics);

}  // namespace burin
