// C that fills a hook's record and sends it: its fields, the texts and stacks behind them, its head.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/template.h"
#include "model/hook_plan.h"

namespace burin {

/// Bytes of the record's memory: its tail, and slack for the last bounded read, included.
std::uint32_t record_memory(const PlannedHook& hook);

/// Captures of the entry program; of what is read at the return, the address.
std::vector<GeneratedLine> capture_lines(const PlannedHook& hook);
/// Captures of the return program: the buffers that the function has filled, and its value.
std::vector<GeneratedLine> return_capture_lines(const PlannedHook& hook);

/// Statements that put what the entry has captured into the record's tail: texts, and the stacks that an action wants.
std::string entry_tail_text(const PlannedHook& hook);

/// Statements that send what the text slots do not hold of arguments with maxData, ahead of the event. Always in the
/// entry program: at the return the memory may hold something else. `stamp`: as for data_text.
std::string all_data_text(const PlannedHook& hook, std::string_view stamp);

/// Statements that write what the selectors decided into the record's head.
std::string head_text();

/// Statements that count the match and send the record, with what this program has captured in its tail. `owners`:
/// the event may belong to the owner of a sock (HookText::owners).
std::string send_text(const PlannedHook& hook, bool owners, bool at_return);

}  // namespace burin
