// What depends on the machine, as -D macros: offsets of structure members (L_...) and of tracepoint fields (T_...).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "model/host_facts.h"
#include "model/layout_table.h"

namespace burin {

/// L_<struct>_<member> for every member of the table that `text` names, T_<event>_<field> likewise, LINUX_VERSION_CODE
/// PAGE_SIZE, what lies side by side (BURIN_STEP_READ), and what this kernel lacks (BURIN_NO_LOOPS ...;
/// templates/prelude.h). Only names that occur in `text`, so that a unit's cache key depends on no member it does not
/// read.
std::vector<std::pair<std::string, std::string>> machine_macros(const HostFacts& host, const LayoutTable& layout,
                                                                const std::string& text);

}  // namespace burin
