// The beginning of every unit: head comment, prelude and capture templates.
#pragma once
#include <string>

#include "codegen/template.h"

namespace burin {

/// `members` of a field list as C ("  u16 hook;\n").
std::string head_fields_text();
std::string exec_fields_text();
std::string exit_fields_text();
std::string clone_fields_text();
std::string data_fields_text();
std::string data_ref_fields_text();

/// Starts a unit that counts in `counter_slots` slots; `title` goes into the head comment (made safe for a comment).
Result<> begin_unit(UnitText& unit, std::string_view title, std::uint32_t counter_slots);

}  // namespace burin
