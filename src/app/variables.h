// The option --set VAR=VALUE, which several commands have.
#pragma once
#include <optional>

#include "app/options.h"
#include "control/policy_files.h"

namespace burin {

/// Declares --set.
void declare_variables(OptionSet& options);
/// Reads every --set into `variables`; a value when one is malformed: the exit code, after reporting it for `command`.
std::optional<int> read_variables(const OptionSet& options, std::string_view command, Variables& variables);

}  // namespace burin
