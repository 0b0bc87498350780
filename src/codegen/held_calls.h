// Calls between their entry and their return: the record waits in a map, by thread, frame of the call and attach point.
#pragma once
#include <string>

#include "model/hook_plan.h"
#include "model/host_facts.h"

namespace burin {

/// Expression for where the frame of the call is on the stack, the same word at its entry and at its return; "0" on
/// rungs that have none.
std::string call_frame(Rung rung, bool at_return);

/// Declares the map `held` of waiting records, values of struct `record`.
std::string held_map(const PlannedHook& hook, const std::string& held, const std::string& record,
                     const HostFacts& host);

/// Statements that put the record of an entry, all of it but what only the return knows, into the map `held`.
std::string hold_text(const PlannedHook& hook, const std::string& held);

}  // namespace burin
