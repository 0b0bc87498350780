// Postfix and NotPostfix on texts: any number of values of up to 4095 bytes, compared byte by byte.
#include "operators/builtin.h"
#include "operators/text_filter.h"

namespace burin {

Operator op_postfix() {
  return text_operator<TextMatch::Postfix, true>("Postfix", "the text ends in one of the values");
}

Operator op_not_postfix() {
  return text_operator<TextMatch::Postfix, false>("NotPostfix", "the text ends in none of the values");
}

}  // namespace burin
