// Integers and system calls, told apart by the type's class.
#include "operators/scalar_argument.h"

#include "operators/integer_argument.h"
#include "operators/number_values.h"
#include "operators/syscall_argument.h"

namespace burin {

bool is_scalar(TypeClass type) {
  return is_integer(type) || type == TypeClass::Syscall;
}

NumberSet read_scalars(const std::vector<Located<std::string>>& values, const ArgType& type, bool ranges,
                       Diagnostics& diagnostics) {
  if (type.type_class == TypeClass::Syscall) return read_syscalls(values, ranges, diagnostics);
  ValueForm form = integer_form(type);
  form.ranges = ranges;
  std::vector<Located<std::string>> numbers;
  for (const auto& value : values) {
    if (value.value.starts_with("list:"))
      diagnostics.error("bad-value", value.span, "a list can be a value only for InMap and NotInMap on type syscall64",
                        "write the numbers or ranges themselves");
    else
      numbers.push_back(value);
  }
  return read_number_set(numbers, form, diagnostics);
}

std::string scalar_in_c(const std::string& field, const ArgType& type) {
  return type.type_class == TypeClass::Syscall ? syscall_in_c(field) : pattern_in_c(field, type.type_class);
}

std::optional<std::uint64_t> scalar_of(const Value& value) {
  if (const auto number = pattern_of(value)) return number;
  return syscall_of(value);
}

}  // namespace burin
