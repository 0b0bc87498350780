// Reading the values of number operators: ports, protocols, families, states, integers, and ranges of them.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "model/net_names.h"
#include "model/operand.h"
#include "model/policy.h"
#include "types/arg_type.h"

namespace burin {

/// Wide enough for every s64 and u64.
using Wide = __int128;

/// How one kind of value is written and what it may be.
struct ValueForm {
  std::string_view what;      ///< for messages: "port", "value of an s32 argument"
  Wide min = 0, max = 0;      ///< inclusive
  bool decimal_only = false;  ///< ports: base 10, as Tetragon; else 0x, 0o, 0b and a leading 0 (octal) are known
  bool ranges = true;         ///< "a:b" is allowed
  std::span<const NamedNumber> names{};  ///< names that are accepted too
};

/// Values that an integer argument of this type can have (all 64-bit ones when the type is no integer).
ValueForm integer_form(const ArgType& type);

/// One value or range, in numbers.
struct WideRange {
  Wide lo = 0, hi = 0;
};
/// Reads every value; each bad one becomes an error "bad-value" at its own place and is left out.
std::vector<WideRange> read_ranges(const std::vector<Located<std::string>>& values, const ValueForm& form,
                                   Diagnostics& diagnostics);
/// Adds a range as 64-bit patterns; one that crosses zero becomes two (see emit_numbers in cidr/cidr.h).
void add(NumberSet& set, WideRange range);
/// read_ranges and add, normalised: what most number operators parse to.
NumberSet read_number_set(const std::vector<Located<std::string>>& values, const ValueForm& form,
                          Diagnostics& diagnostics);

}  // namespace burin
