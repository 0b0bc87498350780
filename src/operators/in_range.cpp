// InRange and NotInRange: integers against any number of ranges min:max, both included; a single number is a range of
// one.
#include "operators/builtin.h"
#include "operators/integer_argument.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  return read_number_set(values, integer_form(type), diagnostics);
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

Operator op_in_range() {
  return {"InRange",     "the integer is in one of the ranges min:max", is_integer, parse, true, predicate<true>,
          evaluate<true>};
}

Operator op_not_in_range() {
  return {"NotInRange",   "the integer is in none of the ranges min:max", is_integer, parse, true, predicate<false>,
          evaluate<false>};
}

}  // namespace burin
