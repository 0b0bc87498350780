// Set: writes 32 bits through a pointer that a USDT probe was given.
#include "codegen/actions.h"
#include "codegen/source.h"

namespace burin {

std::string set_text(const Action& action, const ActionSite& site) {
  const PlannedArg& arg = site.hook.args[action.set_index];
  std::string out = "    {\n" + source_text(arg.source, "v_set", "v_set = 0;", {});
  out += "    u32 set_value = " + std::to_string(action.set_value) + "u;\n";
  return out +
         "    if (burin_write_user((void *)v_set, &set_value, 4)) {\n      burin_count(slots + BURIN_REFUSED);\n"
         "      r->head.flags |= 16; /* kHeadActionFailed */\n    }\n    }\n";
}

}  // namespace burin
