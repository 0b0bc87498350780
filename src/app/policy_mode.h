// The option --policy-mode, which several commands have.
#pragma once
#include <optional>
#include <string_view>

#include "app/options.h"
#include "model/policy.h"

namespace burin {

/// Declares --policy-mode.
void declare_policy_mode(OptionSet& options);
/// Reads it into `mode`, which stays empty where it is not given; a value when it is malformed: the exit code, after
/// reporting it for `command`.
std::optional<int> read_policy_mode(const OptionSet& options, std::string_view command,
                                    std::optional<PolicyMode>& mode);

}  // namespace burin
