// Mask: at least one bit of one of the values is set in the integer. The operand is one number, the OR of all values,
// kept as a range of itself.
#include "operators/builtin.h"
#include "operators/integer_argument.h"
#include "operators/number_values.h"

namespace burin {
namespace {

std::uint64_t bits_of(const Operand& operand) {
  const auto& set = std::get<NumberSet>(operand);
  return set.ranges.empty() ? 0 : set.ranges.front().lo;
}

/// A mask is a bit pattern of the argument's width: 0x80000000 is one for an int, and so is -1. Bits above the width
/// are cut, so that a sign-extended argument is not matched by bits that it does not have.
Operand parse(const std::vector<Located<std::string>>& values, const ArgType& type, Diagnostics& diagnostics) {
  ValueForm form = integer_form(type);
  form.ranges = false;
  if (form.min < 0) form.max = 2 * form.max + 1;
  const auto width = static_cast<std::uint64_t>(form.max);
  std::uint64_t bits = 0;
  for (const WideRange& range : read_ranges(values, form, diagnostics))
    bits |= static_cast<std::uint64_t>(range.lo) & width;
  if (bits == 0 && !values.empty() && !diagnostics.has_errors())
    diagnostics.warning("empty-mask", values.front().span, "a mask without any bit never matches");
  return NumberSet{{{bits, bits}}};
}

std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return "((" + pattern_in_c(site.arg, type.type_class) + " & " + std::to_string(bits_of(operand)) + "ULL) != 0)";
}

bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  const auto number = pattern_of(value);
  return number && (*number & bits_of(operand)) != 0;
}

}  // namespace

Operator op_mask() {
  return {"Mask", "the integer has at least one bit of a value", is_integer, parse, true, predicate, evaluate};
}

}  // namespace burin
