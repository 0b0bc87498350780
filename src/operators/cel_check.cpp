// Types of a CEL expression: CEL has no arithmetic between int and uint, and neither is a bool.
#include "operators/cel.h"

namespace burin {
namespace {

std::string_view word(CelType type) {
  switch (type) {
    case CelType::Bool: return "bool";
    case CelType::Int: return "int";
    case CelType::Uint: return "uint";
    case CelType::Unknown: return "integer";
  }
  return {};
}

bool is_number(CelType type) {
  return type != CelType::Bool;
}

class Checker {
 public:
  Checker(std::span<const ArgType* const> types, std::span<const std::size_t> positions)
      : types_(types), positions_(positions) {}

  bool visit(CelNode& node) {
    for (const auto& operand : node.operands)
      if (!visit(*operand)) return false;
    switch (node.op) {
      case CelOp::Literal: return true;
      case CelOp::Arg: return argument(node);
      case CelOp::Negate: return negate(node);
      case CelOp::ToInt:
      case CelOp::ToUint:
        node.type = node.op == CelOp::ToInt ? CelType::Int : CelType::Uint;
        return is_number(type_of(node, 0)) || fail(node, "int() and uint() convert integers, not a bool");
      case CelOp::Add:
      case CelOp::Sub:
      case CelOp::Mul:
      case CelOp::Div:
      case CelOp::Mod: return arithmetic(node);
      case CelOp::Less:
      case CelOp::LessEqual:
      case CelOp::Greater:
      case CelOp::GreaterEqual:
      case CelOp::Equal:
      case CelOp::NotEqual:
      case CelOp::In: return comparison(node);
      case CelOp::Not:
      case CelOp::And:
      case CelOp::Or: return logic(node);
      case CelOp::Choose: return choice(node);
    }
    return false;
  }

  CelProblem problem;

 private:
  static CelType type_of(const CelNode& node, std::size_t operand) { return node.operands[operand]->type; }

  bool fail(const CelNode& node, std::string message, std::string hint = {}) {
    problem = {node.column, std::move(message), std::move(hint)};
    return false;
  }

  bool argument(CelNode& node) {
    node.type = CelType::Unknown;
    if (positions_.empty()) return true;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      if (positions_[i] != node.value) continue;
      node.type = types_[i]->type_class == TypeClass::SignedInt ? CelType::Int : CelType::Uint;
      return true;
    }
    return fail(node, "the hook captures no argument at position " + std::to_string(node.value));
  }

  bool negate(CelNode& node) {
    node.type = CelType::Int;
    const CelType inner = type_of(node, 0);
    if (inner == CelType::Int || inner == CelType::Unknown) return true;
    return fail(node, "\"-\" negates an int, not a " + std::string(word(inner)),
                inner == CelType::Uint ? "convert it: -int(x)" : "");
  }

  bool arithmetic(CelNode& node) {
    const CelType left = type_of(node, 0), right = type_of(node, 1);
    if (!is_number(left) || !is_number(right)) return fail(node, "arithmetic with a bool");
    node.type = left == CelType::Unknown ? right : left;
    if (left == right || left == CelType::Unknown || right == CelType::Unknown) return true;
    return fail(node, "CEL has no arithmetic between " + std::string(word(left)) + " and " + std::string(word(right)),
                "write 1u for an unsigned literal, or convert with int(x) or uint(x)");
  }

  bool comparison(CelNode& node) {
    const bool number = is_number(type_of(node, 0));
    for (std::size_t i = 1; i < node.operands.size(); ++i)
      if (is_number(type_of(node, i)) != number) return fail(*node.operands[i], "a bool is compared with an integer");
    node.type = CelType::Bool;
    return true;
  }

  bool logic(CelNode& node) {
    for (const auto& operand : node.operands)
      if (operand->type != CelType::Bool)
        return fail(*operand, "&&, || and ! take bools; this is " + std::string(word(operand->type)),
                    "compare it: x != 0");
    node.type = CelType::Bool;
    return true;
  }

  bool choice(CelNode& node) {
    if (type_of(node, 0) != CelType::Bool) return fail(*node.operands[0], "what stands before \"?\" is a bool");
    const CelType yes = type_of(node, 1), no = type_of(node, 2);
    node.type = yes == CelType::Unknown ? no : yes;
    const bool open = (yes == CelType::Unknown && is_number(no)) || (no == CelType::Unknown && is_number(yes));
    if (yes == no || open) return true;
    return fail(node, "the two outcomes are " + std::string(word(yes)) + " and " + std::string(word(no)),
                "they must be of one type");
  }

  std::span<const ArgType* const> types_;
  std::span<const std::size_t> positions_;
};

}  // namespace

std::optional<CelProblem> check_cel(CelNode& root, std::span<const ArgType* const> types,
                                    std::span<const std::size_t> positions) {
  Checker checker(types, positions);
  if (!checker.visit(root)) return checker.problem;
  if (root.type != CelType::Bool)
    return CelProblem{root.column, "the expression is " + std::string(word(root.type)) + ", not bool",
                      "compare it with something"};
  return std::nullopt;
}

}  // namespace burin
