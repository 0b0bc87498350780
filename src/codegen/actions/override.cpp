// Override: the function does not run (or its verdict is not what it says) and the caller gets the error.
#include "codegen/actions.h"

namespace burin {

std::string override_text(const Action& action, const ActionSite& site) {
  const std::string error = std::to_string(action.error);
  // A trampoline's and an LSM program's own result is what the caller gets.
  if (site.hook.rung == Rung::Lsm || site.hook.modifies_return)
    return "    result = " + error + ";\n    burin_count(slots + BURIN_OVERRIDDEN);\n";
  return "    if (burin_override(ctx, (u64)(s64)" + error +
         ") == 0) {\n      burin_count(slots + BURIN_OVERRIDDEN);\n    } else {\n"
         "      burin_count(slots + BURIN_REFUSED);\n      r->head.flags |= 16; /* kHeadActionFailed */\n    }\n";
}

}  // namespace burin
