// LT and its long name LessThan: strictly less than any one of the values, that is, less than the largest.
#include <algorithm>

#include "cidr/cidr.h"
#include "operators/builtin.h"
#include "operators/integer_argument.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  ValueForm form = integer_form(type);
  form.ranges = false;
  NumberSet set;
  const std::vector<WideRange> numbers = read_ranges(values, form, diagnostics);
  if (numbers.empty()) return set;
  Wide most = numbers.front().lo;
  for (const WideRange& range : numbers) most = std::max(most, range.lo);
  // Less than the smallest number of the type: nothing is, and the set stays empty.
  if (most > form.min) add(set, {form.min, most - 1});
  normalise(set);
  return set;
}

std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return number_in_c(site, pattern_in_c(site.arg, type.type_class), operand, true);
}

bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(pattern_of(value), operand, true);
}

}  // namespace

Operator op_lt() {
  return {"LT", "the integer is less than a value", is_integer, parse, true, predicate, evaluate};
}

Operator op_less_than() {
  return {"LessThan", "the same as LT", is_integer, parse, true, predicate, evaluate};
}

}  // namespace burin
