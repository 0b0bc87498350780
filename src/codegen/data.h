// maxData: what a hook's program does to send an argument's bytes beyond its text slot.
#pragma once
#include <string>

#include "codegen/template.h"
#include "model/hook_plan.h"
#include "types/arg_type.h"

namespace burin {

/// True when some argument has maxData; then the unit needs add_data(), behind templates/text.h.
bool has_max_data(const HookPlan& plan);
/// templates/data.h and what the types' ArgType::locate calls.
Result<> add_data(const HookPlan& plan, UnitText& text);

/// Statements that send the bytes of an argument (`which`: Data::arg) before the event; empty when it has no maxData.
/// They stand behind those that have filled its field, in a scope where the names of `site` still mean something.
/// `stamp` is a C expression of the time that the data records carry: not later than the event's.
std::string data_text(const PlannedHook& hook, const PlannedArg& arg, std::uint16_t which, const CaptureSite& site,
                      std::string_view stamp);

}  // namespace burin
