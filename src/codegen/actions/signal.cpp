// Sigkill and Signal.
#include "codegen/actions.h"

namespace burin {

std::string signal_text(std::uint32_t signal) {
  return "    if (burin_signal(" + std::to_string(signal) +
         ") == 0) {\n      burin_count(slots + BURIN_SIGNALED);\n    } else {\n"
         "      burin_count(slots + BURIN_REFUSED);\n      r->head.flags |= 16; /* kHeadActionFailed */\n    }\n";
}

}  // namespace burin
