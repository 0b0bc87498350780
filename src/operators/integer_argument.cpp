// Widening of integers; the C expression and the reference stand side by side so that they stay the same.
#include "operators/integer_argument.h"

namespace burin {

bool is_integer(TypeClass type) {
  return type == TypeClass::SignedInt || type == TypeClass::UnsignedInt;
}

std::string pattern_in_c(const std::string& arg, TypeClass type) {
  return type == TypeClass::SignedInt ? "(u64)(s64)" + arg : "(u64)" + arg;
}

std::optional<std::uint64_t> pattern_of(const Value& value) {
  if (const auto* v = std::get_if<IntValue>(&value)) return static_cast<std::uint64_t>(std::int64_t{v->value});
  if (const auto* v = std::get_if<UintValue>(&value)) return v->value;
  if (const auto* v = std::get_if<LongValue>(&value)) return static_cast<std::uint64_t>(v->value);
  if (const auto* v = std::get_if<SizeValue>(&value)) return v->value;
  if (const auto* v = std::get_if<CapabilityValue>(&value)) return static_cast<std::uint64_t>(std::int64_t{v->value});
  if (const auto* v = std::get_if<BpfCmdValue>(&value)) return v->command;
  return std::nullopt;
}

}  // namespace burin
