// NotifyEnforcer and CleanupEnforcerNotification: arm and disarm what the programs of `enforcers` do to the current
// task.
#include "codegen/actions.h"

namespace burin {

std::string notify_enforcer_text(const Action& action, const ActionSite& site) {
  site.support.enforcer = true;
  return "    burin_notify_enforcer(slots, " + std::to_string(action.error) + ", " + std::to_string(action.signal) +
         ");\n";
}

std::string cleanup_enforcer_text(const ActionSite& site) {
  site.support.enforcer = true;
  return "    burin_cleanup_enforcer();\n";
}

}  // namespace burin
