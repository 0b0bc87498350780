// CelExpr: one CEL expression over all the integers it names (cel.h).
#include "operators/builtin.h"
#include "operators/cel.h"
#include "operators/integer_argument.h"

namespace burin {
namespace {

Operand read(const std::vector<Located<std::string>>& values, std::span<const ArgType* const> types,
             std::span<const std::size_t> positions, Diagnostics& diagnostics) {
  if (values.empty()) return NoOperand{};
  if (values.size() > 1) {
    diagnostics.error("too-many", values[1].span, "CelExpr takes one expression",
                      "join them with ||, or write one filter each: filters are ANDed");
    return NoOperand{};
  }
  const auto report = [&](const CelProblem& problem) {
    diagnostics.error("bad-expression", values[0].span,
                      problem.message + " (column " + std::to_string(problem.column) + " of the expression)",
                      problem.hint);
    return NoOperand{};
  };
  CelProblem problem;
  const std::shared_ptr<CelNode> root = parse_cel(values[0].value, problem);
  if (!root) return report(problem);
  if (const auto wrong = check_cel(*root, types, positions)) return report(*wrong);
  return CelExpression{values[0].value, root};
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  return read(values, {}, {}, diagnostics);
}

std::size_t position_of(const SiteArg& arg) {
  std::size_t out = 0;
  for (const char c : std::string_view(arg.name).substr(3)) out = out * 10 + static_cast<std::size_t>(c - '0');
  return out;
}

std::string predicate(const PredicateSite& site, const ArgType&, const Operand& operand) {
  std::vector<std::string> args;
  std::vector<std::size_t> positions;
  for (const SiteArg& arg : site.args) {
    args.push_back(pattern_in_c(arg.field, arg.type->type_class));
    positions.push_back(position_of(arg));
  }
  return cel_in_c(*std::get<CelExpression>(operand).root, args, positions);
}

bool evaluate(std::span<const Value> values, std::span<const std::size_t> positions, const Operand& operand) {
  std::vector<std::uint64_t> args;
  for (const Value& value : values) {
    const auto pattern = pattern_of(value);
    if (!pattern) return false;
    args.push_back(*pattern);
  }
  const auto result = evaluate_cel(*std::get<CelExpression>(operand).root, args, positions);
  return result && *result != 0;
}

}  // namespace

Operator op_cel_expr() {
  Operator out;
  out.name = "CelExpr";
  out.summary = "a CEL expression over arg0, arg1... is true";
  out.applies_to = is_integer;
  out.parse = parse;
  out.predicate = predicate;
  out.arguments = 0;
  out.parse_all = read;
  out.evaluate_all = evaluate;
  return out;
}

}  // namespace burin
