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
#include "text/text_set.h"
#include "types/arg_type.h"

namespace burin {

/// One argument that a filter looks at.
struct SiteArg {
  std::string field;  ///< C lvalue of the captured field ("r->a0")
  std::string text;   ///< C pointer to its struct burin_text; empty when the type has none
  const ArgType* type = nullptr;
  std::string name;  ///< "arg0": its position in the policy's list, as CelExpr names it
};

/// What an operator's predicate may use of the generator.
struct PredicateSite {
  std::string arg;            ///< args[0].field
  std::string text;           ///< args[0].text
  std::vector<SiteArg> args;  ///< all that the filter names; never empty
  /// Registers an address set and returns the NAME under which NAME_any(bytes, family) exists (cidr/cidr.h, emit()).
  std::function<std::string(const AddressSet&)> address_set;
  /// Registers a number set and returns the NAME of `static int NAME(u64)` (cidr/cidr.h, emit_numbers()). The set's
  /// ranges are 64-bit patterns; the predicate does the sign extension.
  std::function<std::string(const NumberSet&)> number_set;
  /// Registers a text set and returns the NAME of `static int NAME(struct burin_text *)` (text/text_set.h). It is 1
  /// when the text matches; a text that was not read matches nothing, which the caller asks for separately.
  std::function<std::string(const StringSet&, TextMatch)> text_set;
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
  /// For operators that look at several arguments: how many (0 = any number), and their meaning over the values at
  /// `positions` in the policy's list; `evaluate` is null then.
  std::size_t arguments = 1;
  /// CelExpr: parse() with the type of each argument that `positions` names; null for all others. parse() alone checks
  /// what can be checked without types.
  Operand (*parse_all)(const std::vector<Located<std::string>>& values, std::span<const ArgType* const> types,
                       std::span<const std::size_t> positions, Diagnostics& diagnostics) = nullptr;
  bool (*evaluate_all)(std::span<const Value> values, std::span<const std::size_t> positions, const Operand&) = nullptr;
};

/// All operators, in the order of the reference page.
std::span<const Operator> all_operators();
/// Null when there is none of that name. Accepts the second spellings that Tetragon has for some (NotSportPriv,
/// SubStringIgnoreCase, gt, lt); the result's `name` is canonical.
const Operator* find_operator(std::string_view name);

}  // namespace burin
