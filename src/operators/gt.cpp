// GT and its long name GreaterThan: strictly greater than any one of the values, that is, greater than the smallest.
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
  Wide least = numbers.front().lo;
  for (const WideRange& range : numbers) least = std::min(least, range.lo);
  // Greater than the largest number of the type: nothing is, and the set stays empty.
  if (least < form.max) add(set, {least + 1, form.max});
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

Operator op_gt() {
  return {"GT", "the integer is greater than a value", is_integer, parse, true, predicate, evaluate};
}

Operator op_greater_than() {
  return {"GreaterThan", "the same as GT", is_integer, parse, true, predicate, evaluate};
}

}  // namespace burin
