// --policy-mode enforce|monitor.
#include "app/policy_mode.h"

namespace burin {

void declare_policy_mode(OptionSet& options) {
  options.values("policy-mode", "enforce|monitor",
                 "what enforcing actions do: act, or be counted only (default: as each policy's options say)");
}

std::optional<int> read_policy_mode(const OptionSet& options, std::string_view command,
                                    std::optional<PolicyMode>& mode) {
  if (!options.has("policy-mode")) return std::nullopt;
  const std::string word = options.last("policy-mode", "");
  if (word == "monitor")
    mode = PolicyMode::Monitor;
  else if (word == "enforce")
    mode = PolicyMode::Enforce;
  else
    return usage_error(command, "--policy-mode takes enforce or monitor, not \"" + word + "\"");
  return std::nullopt;
}

}  // namespace burin
