// Arguments that operators compare as one 64-bit number: integers and system calls.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operators/operator.h"

namespace burin {

bool is_scalar(TypeClass type);
/// Values, with ranges where `ranges` is true.
NumberSet read_scalars(const std::vector<Located<std::string>>& values, const ArgType& type, bool ranges,
                       Diagnostics& diagnostics);
/// The argument as a u64 expression, and the same pattern of a decoded value.
std::string scalar_in_c(const std::string& field, const ArgType& type);
std::optional<std::uint64_t> scalar_of(const Value& value);

}  // namespace burin
