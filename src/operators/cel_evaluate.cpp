// The reference meaning of a CEL expression; cel_code.cpp says the same in C.
#include <algorithm>

#include "operators/cel.h"

namespace burin {
namespace {

using Result64 = std::optional<std::uint64_t>;

class Evaluation {
 public:
  Evaluation(std::span<const std::uint64_t> args, std::span<const std::size_t> positions)
      : args_(args), positions_(positions) {}

  Result64 of(const CelNode& node) const {
    const auto operand = [&](std::size_t i) { return of(*node.operands[i]); };
    switch (node.op) {
      case CelOp::Literal: return node.value;
      case CelOp::Arg: return argument(node.value);
      case CelOp::And:
      case CelOp::Or: return logic(operand(0), operand(1), node.op == CelOp::Or);
      case CelOp::Choose: {
        const Result64 condition = operand(0);
        return condition ? operand(*condition ? 1 : 2) : std::nullopt;
      }
      case CelOp::In: return in(node);
      default: break;
    }
    const Result64 left = operand(0);
    if (!left) return std::nullopt;
    if (node.operands.size() == 1) return unary(node, *left);
    const Result64 right = operand(1);
    if (!right) return std::nullopt;
    switch (node.op) {
      case CelOp::Add:
      case CelOp::Sub:
      case CelOp::Mul:
      case CelOp::Div:
      case CelOp::Mod:
        return node.type == CelType::Int
                   ? signed_arithmetic(node.op, static_cast<std::int64_t>(*left), static_cast<std::int64_t>(*right))
                   : unsigned_arithmetic(node.op, *left, *right);
      default: return compare(node, *left, *right);
    }
  }

 private:
  using Wide = __int128;

  Result64 argument(std::uint64_t position) const {
    const auto at = std::ranges::find(positions_, position);
    if (at == positions_.end()) return std::nullopt;
    return args_[static_cast<std::size_t>(at - positions_.begin())];
  }

  /// `decides`: the value that settles the matter whatever the other side is.
  static Result64 logic(Result64 left, Result64 right, bool decides) {
    if ((left && (*left != 0) == decides) || (right && (*right != 0) == decides)) return decides;
    if (!left || !right) return std::nullopt;
    return !decides;
  }

  Result64 in(const CelNode& node) const {
    const Result64 element = of(*node.operands[0]);
    bool found = false, bad = !element;
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      const Result64 item = of(*node.operands[i]);
      bad = bad || !item;
      if (!bad) found = found || wide(*node.operands[0], *element) == wide(*node.operands[i], *item);
    }
    if (bad) return std::nullopt;
    return found;
  }

  static Wide wide(const CelNode& node, std::uint64_t value) {
    return node.type == CelType::Int ? Wide{static_cast<std::int64_t>(value)} : Wide{value};
  }

  static Result64 narrow(Wide value, CelType type) {
    const Wide low = type == CelType::Int ? -(Wide{1} << 63) : 0;
    const Wide high = type == CelType::Int ? (Wide{1} << 63) - 1 : (Wide{1} << 64) - 1;
    if (value < low || value > high) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }

  static Result64 unary(const CelNode& node, std::uint64_t value) {
    const Wide number = wide(*node.operands[0], value);
    if (node.op == CelOp::Not) return value == 0;
    return narrow(node.op == CelOp::Negate ? -number : number, node.type);
  }

  static Result64 signed_arithmetic(CelOp op, Wide a, Wide b) {
    switch (op) {
      case CelOp::Add: return narrow(a + b, CelType::Int);
      case CelOp::Sub: return narrow(a - b, CelType::Int);
      case CelOp::Mul: return narrow(a * b, CelType::Int);
      default: break;
    }
    // The remainder of the smallest int by -1 is an error too, because its quotient is one.
    if (b == 0 || !narrow(a / b, CelType::Int)) return std::nullopt;
    return narrow(op == CelOp::Div ? a / b : a % b, CelType::Int);
  }

  static Result64 unsigned_arithmetic(CelOp op, std::uint64_t a, std::uint64_t b) {
    std::uint64_t out = 0;
    switch (op) {
      case CelOp::Add: return __builtin_add_overflow(a, b, &out) ? std::nullopt : Result64(out);
      case CelOp::Sub: return __builtin_sub_overflow(a, b, &out) ? std::nullopt : Result64(out);
      case CelOp::Mul: return __builtin_mul_overflow(a, b, &out) ? std::nullopt : Result64(out);
      case CelOp::Div: return b == 0 ? std::nullopt : Result64(a / b);
      default: return b == 0 ? std::nullopt : Result64(a % b);
    }
  }

  static bool compare(const CelNode& node, std::uint64_t left, std::uint64_t right) {
    const Wide a = wide(*node.operands[0], left), b = wide(*node.operands[1], right);
    switch (node.op) {
      case CelOp::Less: return a < b;
      case CelOp::LessEqual: return a <= b;
      case CelOp::Greater: return a > b;
      case CelOp::GreaterEqual: return a >= b;
      case CelOp::Equal: return a == b;
      default: return a != b;
    }
  }

  std::span<const std::uint64_t> args_;
  std::span<const std::size_t> positions_;
};

}  // namespace

std::optional<std::uint64_t> evaluate_cel(const CelNode& root, std::span<const std::uint64_t> args,
                                          std::span<const std::size_t> positions) {
  return Evaluation(args, positions).of(root);
}

}  // namespace burin
