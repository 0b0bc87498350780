// SubString and SubStringIgnCase on texts: on every kernel with bounded loops (5.3), without its string functions.
#include "operators/builtin.h"
#include "operators/text_filter.h"

namespace burin {

Operator op_substring() {
  return text_operator<TextMatch::SubString, true>("SubString", "one of the values is somewhere in the text");
}

Operator op_substring_ign_case() {
  return text_operator<TextMatch::SubStringIgnoreCase, true>(
      "SubStringIgnCase", "one of the values is somewhere in the text, ASCII letters of either case");
}

}  // namespace burin
