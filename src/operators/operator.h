// One selector operator: what it applies to, how its values are read, its C predicate and its reference meaning.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "model/operand.h"
#include "model/policy.h"
#include "model/value.h"
#include "types/arg_type.h"

namespace burin {

/// What an operator's predicate may use of the generator.
struct PredicateSite {
  std::string arg;  ///< C lvalue of the captured field ("r->a0")
  /// Registers an address set and returns the NAME under which NAME_any(bytes, family) exists (cidr/cidr.h, emit()).
  std::function<std::string(const AddressSet&)> address_set;
  /// Registers a number set and returns the NAME of `static int NAME(u64)` (cidr/cidr.h, emit_numbers()). The set's
  /// ranges are 64-bit patterns; the predicate does the sign extension.
  std::function<std::string(const NumberSet&)> number_set;
};

struct Operator {
  std::string_view name;
  std::string_view summary;
  bool (*applies_to)(TypeClass) = nullptr;
  /// Parses the values into a normalised operand; reports each bad value with its own span. Empty value lists are
  /// reported by the caller unless takes_values is false.
  Operand (*parse)(const std::vector<Located<std::string>>& values, const ArgType& type,
                   Diagnostics& diagnostics) = nullptr;
  bool takes_values = true;
  /// C expression, 1 when the filter holds.
  std::string (*predicate)(const PredicateSite&, const ArgType& type, const Operand&) = nullptr;
  /// Reference meaning. A value that could not be read (ErrorValue) or is of another kind holds for no operator.
  bool (*evaluate)(const Value&, const ArgType& type, const Operand&) = nullptr;
};

/// All operators, in the order of the reference page.
std::span<const Operator> all_operators();
/// Null when there is none of that name. Accepts Tetragon's second spelling NotSportPriv; the result's `name` is
/// canonical.
const Operator* find_operator(std::string_view name);

}  // namespace burin
