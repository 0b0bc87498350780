// InRange and NotInRange: integers against any number of ranges min:max, both included; a single number is a range of
// one.
#include "operators/builtin.h"
#include "operators/number_filter.h"
#include "operators/scalar_argument.h"

namespace burin {
namespace {

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  return read_scalars(values, type, true, diagnostics);
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return number_in_c(site, scalar_in_c(site.arg, type), operand, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(scalar_of(value), operand, kWanted);
}

}  // namespace

Operator op_in_range() {
  return {"InRange",     "the integer is in one of the ranges min:max", is_scalar, parse, true, predicate<true>,
          evaluate<true>};
}

Operator op_not_in_range() {
  return {"NotInRange",   "the integer is in none of the ranges min:max", is_scalar, parse, true, predicate<false>,
          evaluate<false>};
}

}  // namespace burin
