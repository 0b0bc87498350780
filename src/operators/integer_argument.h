// Integer arguments, widened to 64 bits the same way in C and in the reference evaluation.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "model/value.h"
#include "types/arg_type.h"

namespace burin {

bool is_integer(TypeClass type);
/// The argument as a u64 expression, sign-extended when its type is signed.
std::string pattern_in_c(const std::string& arg, TypeClass type);
/// The decoded value as the same pattern; nothing when it is not an integer.
std::optional<std::uint64_t> pattern_of(const Value& value);

}  // namespace burin
