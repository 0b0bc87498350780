// Prefix and NotPrefix on texts: any number of values of up to 4095 bytes, compared byte by byte.
#include "operators/builtin.h"
#include "operators/text_filter.h"

namespace burin {

Operator op_prefix() {
  return text_operator<TextMatch::Prefix, true>("Prefix", "the text begins with one of the values");
}

Operator op_not_prefix() {
  return text_operator<TextMatch::Prefix, false>("NotPrefix", "the text begins with none of the values");
}

}  // namespace burin
