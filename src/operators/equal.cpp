// Equal and NotEqual on integers, any number of values, compared at full width and sign.
#include "operators/builtin.h"
#include "operators/integer_argument.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  ValueForm form = integer_form(type);
  form.ranges = false;
  return read_number_set(values, form, diagnostics);
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return number_in_c(site, pattern_in_c(site.arg, type.type_class), operand, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(pattern_of(value), operand, kWanted);
}

}  // namespace

Operator op_equal() {
  return {"Equal", "the integer is one of the values", is_integer, parse, true, predicate<true>, evaluate<true>};
}

Operator op_not_equal() {
  return {"NotEqual", "the integer is none of the values", is_integer, parse, true, predicate<false>, evaluate<false>};
}

}  // namespace burin
