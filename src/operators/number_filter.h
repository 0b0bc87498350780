// What all number operators share: set membership, wanted or not, in C and in the reference.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "operators/operator.h"

namespace burin {

/// C: `number`, an expression converted to u64 as the parameter of the set's function, is in the set (or is not).
std::string number_in_c(const PredicateSite& site, const std::string& number, const Operand& operand, bool wanted);
/// Nothing (the value could not be read) holds for neither.
bool number_holds(std::optional<std::uint64_t> number, const Operand& operand, bool wanted);

}  // namespace burin
