// CapabilitiesGained: the second of two capability sets (new) has a bit that the first one (old) lacks.
#include "operators/builtin.h"

namespace burin {
namespace {

bool applies(TypeClass type) {
  return type == TypeClass::Capabilities;
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  for (const auto& value : values)
    diagnostics.warning("values-ignored", value.span,
                        "CapabilitiesGained compares two arguments and ignores its values", "leave out values");
  return NoOperand{};
}

std::string predicate(const PredicateSite& site, const ArgType&, const Operand&) {
  return "((" + site.args[1].field + " & ~" + site.args[0].field + ") != 0)";
}

bool evaluate(std::span<const Value> values, std::span<const std::size_t>, const Operand&) {
  if (values.size() != 2) return false;
  const auto* before = std::get_if<CapsValue>(&values[0]);
  const auto* after = std::get_if<CapsValue>(&values[1]);
  return before && after && (after->bits & ~before->bits) != 0;
}

}  // namespace

Operator op_capabilities_gained() {
  Operator out;
  out.name = "CapabilitiesGained";
  out.summary = "of two capability sets, args: [old, new], the new one has a capability that the old one lacks";
  out.applies_to = applies;
  out.parse = parse;
  out.takes_values = false;
  out.predicate = predicate;
  out.arguments = 2;
  out.evaluate_all = evaluate;
  return out;
}

}  // namespace burin
