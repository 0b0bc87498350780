// What all types that are files share: their path as text, st_mode in the field.
#pragma once
#include <string>
#include <vector>

#include "types/arg_type.h"

namespace burin {

/// Members without which no path can be walked (templates/path.h, text.h).
std::vector<std::string> path_layout(std::vector<std::string> more = {});
/// A type whose field is a struct w_path; `kind` decides under which key it is printed.
ArgType path_like(std::string_view name, std::string_view summary, PathValue::Kind kind);
/// C text: burin_text_file(), from a struct file pointer.
extern const char kFileSupport[];

}  // namespace burin
