// Where a captured value comes from -> a C expression.
#pragma once
#include <string>

#include "model/hook_plan.h"

namespace burin {

/// C type of the context of programs on this rung ("struct pt_regs *").
std::string context_type(Rung rung);

/// Statements that declare `name` (u64) and give it the value of the source; `fault` (a statement) runs when a read on
/// the way fails. `error` is the lvalue that takes the depth of a failed `resolve`, or empty.
std::string source_text(const ArgSource& source, const std::string& name, const std::string& fault,
                        const std::string& error);

/// u64 expression: how many bytes there are, for sources that know it (arrays, __data_loc); else empty.
std::string source_length(const ArgSource& source);

}  // namespace burin
