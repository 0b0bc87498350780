// Equal and NotEqual, any number of values: integers at full width and sign, system calls by number and name, texts
// byte by byte with one trailing NUL tolerated.
#include "operators/builtin.h"
#include "operators/number_filter.h"
#include "operators/scalar_argument.h"
#include "operators/text_filter.h"

namespace burin {
namespace {

bool applies(TypeClass type) {
  return is_scalar(type) || is_text(type);
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  if (is_text(type.type_class)) return read_texts(values, type, TextMatch::Equal, diagnostics);
  return read_scalars(values, type, false, diagnostics);
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  if (is_text(type.type_class)) return text_in_c(site, type, operand, TextMatch::Equal, kWanted);
  return number_in_c(site, scalar_in_c(site.arg, type), operand, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType& type, const Operand& operand) {
  if (is_text(type.type_class)) return text_holds(value, type, operand, TextMatch::Equal, kWanted);
  return number_holds(scalar_of(value), operand, kWanted);
}

}  // namespace

Operator op_equal() {
  return {"Equal", "the number or text is one of the values", applies, parse, true, predicate<true>, evaluate<true>};
}

Operator op_not_equal() {
  return {"NotEqual",     "the number or text is none of the values", applies, parse, true, predicate<false>,
          evaluate<false>};
}

}  // namespace burin
