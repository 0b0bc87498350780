// CelExpr: a subset of CEL over the integers that a hook captures. Parsing, types, C and the reference meaning.
//
// What it has: arg0, arg1...; int literals (decimal, 0x), uint literals (1u); true, false; + - * / %, comparisons, &&
// || !, c ? a : b, parentheses, `x in [a, b]`, int(x) and uint(x). Everything means what CEL says: arithmetic is 64-bit
// and only between equal types; what overflows or divides by zero is an error, `false && error` is false, `true ||
// error` is true, and an expression that ends in an error does not match. Comparisons between int and uint are exact.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/operand.h"
#include "types/arg_type.h"

namespace burin {

enum class CelType { Bool, Int, Uint, Unknown };  ///< Unknown: an argument whose type is not known yet

enum class CelOp {
  Literal,
  Arg,
  Negate,
  Not,
  ToInt,
  ToUint,
  Add,
  Sub,
  Mul,
  Div,
  Mod,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
  And,
  Or,
  Choose,  ///< condition, then, else
  In,      ///< element, then the list's items
};

struct CelNode {
  CelOp op = CelOp::Literal;
  CelType type = CelType::Unknown;
  std::uint64_t value = 0;  ///< Literal: the 64-bit pattern (bool 0 or 1); Arg: its position in the policy's list
  std::vector<std::shared_ptr<CelNode>> operands;
  std::size_t column = 1;  ///< from 1, in the expression
};

/// The first mistake in an expression.
struct CelProblem {
  std::size_t column = 1;
  std::string message;
  std::string hint;
};

/// Limits on what one filter may ask: nested expressions, and nodes (about ten instructions each).
inline constexpr std::size_t kMaxCelDepth = 32;
inline constexpr std::size_t kMaxCelNodes = 128;

/// Null and `problem` when the text is no expression of the subset.
std::shared_ptr<CelNode> parse_cel(std::string_view text, CelProblem& problem);
/// Gives every node its type; `types[i]` is that of the argument at `positions[i]` (both empty: types are not known
/// yet). Returns a problem when the types do not fit or the whole is no bool.
std::optional<CelProblem> check_cel(CelNode& root, std::span<const ArgType* const> types,
                                    std::span<const std::size_t> positions);
/// C expression, 1 when it is true. `args[i]` is a u64 expression for the argument at `positions[i]`.
std::string cel_in_c(const CelNode& root, std::span<const std::string> args, std::span<const std::size_t> positions);
/// Reference: the value as a 64-bit pattern, nothing for a CEL error.
std::optional<std::uint64_t> evaluate_cel(const CelNode& root, std::span<const std::uint64_t> args,
                                          std::span<const std::size_t> positions);

}  // namespace burin
