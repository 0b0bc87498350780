// Leaves functions out of generated text that nothing in it calls.
#pragma once
#include <string>
#include <vector>

#include "model/program.h"

namespace burin {

/// Removes every `static __always_inline` function at the left margin, with the comment right above it, that neither
/// a program nor a function that stays names; numbers the markers and `origins` anew. BCC has clang read a text three
/// times, and a macro that only such a function names would bind the text to a host that has that member.
void drop_unused_functions(std::string& text, std::vector<OriginLine>& origins);

}  // namespace burin
