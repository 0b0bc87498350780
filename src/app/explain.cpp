// `burin explain`: what a field of the policy language means; the whole language as a page or as a schema.
#include <fmt/format.h>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "diag/diagnostic.h"
#include "policy/language.h"

namespace burin {
namespace {

void declare(OptionSet& options) {
  options.flag("schema", "print the JSON Schema of the language, for editors");
  options.flag("reference", "print the reference page: all fields, types, operators and actions");
}

}  // namespace

std::vector<std::string> run_explain_options() {
  OptionSet options(*find_command("explain"));
  declare(options);
  return options.names();
}

int run_explain(const Arguments& arguments) {
  OptionSet options(*find_command("explain"));
  declare(options);
  options.positional("FIELD");
  if (auto code = options.parse(arguments)) return *code;
  if (options.has("schema")) {
    fmt::print("{}", language_schema());
    return kExitOk;
  }
  if (options.has("reference")) {
    fmt::print("{}", language_reference());
    return kExitOk;
  }
  std::vector<std::string> paths = options.positionals();
  if (paths.empty()) paths.emplace_back();
  for (const std::string& path : paths) {
    const Explanation explanation = explain_field(path);
    if (explanation.text.empty()) {
      const std::string near = nearest(explanation.missing, explanation.known);
      return usage_error("explain", "no field \"" + explanation.missing + "\" in " + path +
                                        (near.empty() ? "" : ", did you mean \"" + near + "\"?"));
    }
    fmt::print("{}", explanation.text);
  }
  return kExitOk;
}

}  // namespace burin
