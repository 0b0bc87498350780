// InMap and NotInMap: as InRange, meant for long lists; a range costs the same however many numbers it holds.
// `list:NAME` is refused: lists are no part of the language here.
#include "operators/builtin.h"
#include "operators/integer_argument.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  std::vector<Located<std::string>> numbers;
  for (const auto& value : values) {
    if (value.value.starts_with("list:"))
      diagnostics.error("bad-value", value.span, "lists are not supported as values",
                        "write the numbers or ranges themselves");
    else
      numbers.push_back(value);
  }
  return read_number_set(numbers, integer_form(type), diagnostics);
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

Operator op_in_map() {
  return {"InMap",       "the integer is one of the numbers or ranges of a long list",
          is_integer,    parse,
          true,          predicate<true>,
          evaluate<true>};
}

Operator op_not_in_map() {
  return {"NotInMap",     "the integer is none of the numbers or ranges of a long list",
          is_integer,     parse,
          true,           predicate<false>,
          evaluate<false>};
}

}  // namespace burin
