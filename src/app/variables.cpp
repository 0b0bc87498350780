// --set VAR=VALUE.
#include "app/variables.h"

namespace burin {

void declare_variables(OptionSet& options) {
  options.values("set", "VAR=VALUE", "value of ${VAR} in policies; comes before the environment");
}

std::optional<int> read_variables(const OptionSet& options, std::string_view command, Variables& variables) {
  for (const auto& set : options.all("set")) {
    const std::size_t equals = set.find('=');
    if (equals == 0 || equals == std::string::npos)
      return usage_error(command, "--set takes VAR=VALUE, not \"" + set + "\"");
    variables[set.substr(0, equals)] = set.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace burin
