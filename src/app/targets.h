// The option --target of `burin check` and `burin render`, and how verdicts are printed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "control/policy_files.h"
#include "control/target.h"

namespace burin {

/// Declares --target.
void declare_targets(OptionSet& options);
/// Reads every --target, comma-separated lists and "all" included, each kernel once. A value: the exit code, after an
/// unknown name was reported for `command`.
std::optional<int> read_targets(const OptionSet& options, std::string_view command,
                                std::vector<const TargetProfile*>& targets);

/// One line a program and one for the whole, on standard output; what could not be looked at goes to standard error.
void print_verdict(const std::string& path, const TargetVerdict& verdict);
/// What the target refuses, as errors "target" at their places.
void add_refusals(const TargetVerdict& verdict, Diagnostics& diagnostics);
/// {"file", "policy", "target", "limit", "fits", "programs", "refused", "notLookedAt"} on one line.
std::string verdict_json(const PolicyFile& file, const TargetVerdict& verdict);

}  // namespace burin
