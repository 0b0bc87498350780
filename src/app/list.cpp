// `burin list`: what policies can name, from the same tables that the reader uses.
#include <fmt/format.h>

#include "app/command.h"
#include "app/exit_codes.h"
#include "app/options.h"
#include "control/catalog.h"
#include "operators/operator.h"
#include "policy/action.h"
#include "types/arg_type.h"

namespace burin {

int run_list(const Arguments& arguments) {
  OptionSet options(*find_command("list"));
  options.positional("types|operators|actions|probes");
  if (auto code = options.parse(arguments)) return *code;
  const auto what = options.positionals();
  if (what.size() == 1 && what[0] == "types") {
    for (const auto& t : all_types()) fmt::print("{:<10} {}\n", t.name, t.summary);
    return kExitOk;
  }
  if (what.size() == 1 && what[0] == "operators") {
    for (const auto& o : all_operators()) fmt::print("{:<12} {}\n", o.name, o.summary);
    return kExitOk;
  }
  if (what.size() == 1 && what[0] == "actions") {
    for (const ActionKind kind : all_actions()) fmt::print("{:<28} {}\n", to_string(kind), action_summary(kind));
    return kExitOk;
  }
  if (what.size() == 1 && what[0] == "probes") {
    auto catalog = load_catalog();
    if (!catalog) return report(catalog.error());
    for (const auto& p : catalog->probes) fmt::print("{:<12} {}\n", p.name, p.description);
    return kExitOk;
  }
  return usage_error("list", "say what: types, operators, actions or probes");
}

}  // namespace burin
