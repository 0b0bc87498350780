// InMap and NotInMap: as InRange, meant for long lists; a range costs the same however many numbers it holds.
// `list:NAME` among the values of a system call was replaced by the list's calls before they come here.
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

Operator op_in_map() {
  return {"InMap",       "the integer is one of the numbers or ranges of a long list",
          is_scalar,     parse,
          true,          predicate<true>,
          evaluate<true>};
}

Operator op_not_in_map() {
  return {"NotInMap",     "the integer is none of the numbers or ranges of a long list",
          is_scalar,      parse,
          true,           predicate<false>,
          evaluate<false>};
}

}  // namespace burin
