// CEL to C: one statement expression in which every part has a value and, where it can fail, an error. Everything is
// computed, nothing is skipped: no part has an effect, and no division is by zero. BPF has no signed division, and a
// multiplication check that LLVM recognises would become a library call, hence the arithmetic on magnitudes and the
// asm.
#include <algorithm>

#include "operators/cel.h"

namespace burin {
namespace {

/// A value and the condition under which it is an error ("" = never).
struct Term {
  std::string value, error;
};

class Writer {
 public:
  Writer(std::span<const std::string> args, std::span<const std::size_t> positions)
      : args_(args), positions_(positions) {}

  Term term(const CelNode& node) {
    if (node.op == CelOp::Literal) return {std::to_string(node.value) + "ULL", ""};
    if (node.op == CelOp::Arg) {
      const auto at = std::ranges::find(positions_, node.value) - positions_.begin();
      return {let(args_[static_cast<std::size_t>(at)]), ""};
    }
    std::vector<Term> in;
    for (const auto& operand : node.operands) in.push_back(term(*operand));
    switch (node.op) {
      case CelOp::And: return logic(in, "!");
      case CelOp::Or: return logic(in, "");
      case CelOp::Not: return {let("!" + in[0].value), in[0].error};
      case CelOp::Choose: {
        const std::string c = in[0].value;
        const std::string branch = in[1].error.empty() && in[2].error.empty()
                                       ? ""
                                       : let(c + " ? " + zero(in[1].error) + " : " + zero(in[2].error));
        return {let(c + " ? " + in[1].value + " : " + in[2].value), either({in[0].error, branch})};
      }
      case CelOp::In: return membership(node, in);
      case CelOp::Negate:
        return {let("0 - " + in[0].value), either({in[0].error, let(in[0].value + " == 1ULL << 63")})};
      case CelOp::ToInt:
      case CelOp::ToUint: {
        const bool same = node.operands[0]->type == node.type;
        return {in[0].value, same ? in[0].error : either({in[0].error, let(in[0].value + " >> 63")})};
      }
      case CelOp::Add:
      case CelOp::Sub: return sum(node, in);
      case CelOp::Mul:
      case CelOp::Div:
      case CelOp::Mod: return product(node, in);
      default: return {let(comparison(node, in)), either({in[0].error, in[1].error})};
    }
  }

  const std::string& statements() const { return out_; }

 private:
  std::string let(const std::string& expression) {
    const std::string name = "c" + std::to_string(next_++);
    out_ += "u64 " + name + " = " + expression + "; ";
    return name;
  }

  static std::string zero(const std::string& error) { return error.empty() ? "0" : error; }

  std::string either(const std::vector<std::string>& errors) {
    std::string out;
    for (const auto& e : errors)
      if (!e.empty()) out += (out.empty() ? "" : " || ") + e;
    return out.empty() || out.find(' ') == std::string::npos ? out : let(out);
  }

  /// `no` is "!" for && (a false side decides) and "" for || (a true side does).
  Term logic(const std::vector<Term>& in, const std::string& no) {
    std::string decided;
    for (const auto& t : in)
      decided += std::string(decided.empty() ? "" : " || ") + "(" + (t.error.empty() ? "" : "!" + t.error + " && ") +
                 no + t.value + ")";
    const std::string d = let(decided), error = either({in[0].error, in[1].error});
    return {no.empty() ? d : let("!" + d), error.empty() ? "" : let("!" + d + " && " + error)};
  }

  Term sum(const CelNode& node, const std::vector<Term>& in) {
    const std::string &a = in[0].value, &b = in[1].value;
    const bool plus = node.op == CelOp::Add;
    const std::string v = let(a + (plus ? " + " : " - ") + b);
    const std::string bad = node.type == CelType::Int
                                ? "((" + a + " ^ " + v + ") & (" + (plus ? b + " ^ " + v : a + " ^ " + b) + ")) >> 63"
                            : plus ? v + " < " + a
                                   : a + " < " + b;
    return {v, either({in[0].error, in[1].error, let(bad)})};
  }

  std::string magnitude(const std::string& v, bool is_signed) {
    return is_signed ? let("(s64)" + v + " < 0 ? 0 - " + v + " : " + v) : v;
  }

  Term product(const CelNode& node, const std::vector<Term>& in) {
    const bool is_signed = node.type == CelType::Int;
    const std::string &a = in[0].value, &b = in[1].value;
    const std::string x = magnitude(a, is_signed), y = magnitude(b, is_signed);
    const std::string negative = is_signed ? let("(" + a + " ^ " + b + ") >> 63") : "0";
    const auto with_sign = [&](const std::string& v, const std::string& sign) {
      return is_signed ? let(sign + " ? 0 - " + v + " : " + v) : v;
    };
    if (node.op == CelOp::Mul) {
      const std::string most = let(x + " ? ~0ULL / " + x + " : ~0ULL");
      out_ += "asm volatile(\"\" : \"+r\"(" + most + ")); ";
      const std::string p = let(x + " * " + y);
      std::string bad = y + " > " + most;
      if (is_signed) bad += " || " + p + " > (1ULL << 63) - !" + negative;
      return {with_sign(p, negative), either({in[0].error, in[1].error, let(bad)})};
    }
    const std::string divisor = let(y + " ? " + y + " : 1");
    std::string bad = "!" + b;
    if (is_signed) bad += " || (" + a + " == 1ULL << 63 && " + b + " == ~0ULL)";
    const std::string error = either({in[0].error, in[1].error, let(bad)});
    if (node.op == CelOp::Div) return {with_sign(let(x + " / " + divisor), negative), error};
    return {with_sign(let(x + " % " + divisor), "(" + a + " >> 63)"), error};
  }

  static bool is_int(const CelNode& node) { return node.type == CelType::Int; }

  /// Exact between int and uint too.
  static std::string equal(const CelNode& left, const std::string& a, const CelNode& right, const std::string& b) {
    const std::string same = a + " == " + b;
    if (left.type == CelType::Bool || is_int(left) == is_int(right)) return "(" + same + ")";
    return "(" + same + " && !(" + a + " >> 63))";
  }

  static std::string less(const CelNode& left, const std::string& a, const CelNode& right, const std::string& b) {
    if (is_int(left) && is_int(right)) return "((s64)" + a + " < (s64)" + b + ")";
    if (is_int(left)) return "((" + a + " >> 63) || " + a + " < " + b + ")";
    if (is_int(right)) return "(!(" + b + " >> 63) && " + a + " < " + b + ")";
    return "(" + a + " < " + b + ")";
  }

  static std::string comparison(const CelNode& node, const std::vector<Term>& in) {
    const CelNode &left = *node.operands[0], &right = *node.operands[1];
    const std::string &a = in[0].value, &b = in[1].value;
    switch (node.op) {
      case CelOp::Less: return less(left, a, right, b);
      case CelOp::Greater: return less(right, b, left, a);
      case CelOp::LessEqual: return "!" + less(right, b, left, a);
      case CelOp::GreaterEqual: return "!" + less(left, a, right, b);
      case CelOp::Equal: return equal(left, a, right, b);
      default: return "!" + equal(left, a, right, b);
    }
  }

  Term membership(const CelNode& node, const std::vector<Term>& in) {
    std::string any = "0";
    std::vector<std::string> errors = {in[0].error};
    for (std::size_t i = 1; i < in.size(); ++i) {
      any += " || " + equal(*node.operands[0], in[0].value, *node.operands[i], in[i].value);
      errors.push_back(in[i].error);
    }
    return {let(any), either(errors)};
  }

  std::span<const std::string> args_;
  std::span<const std::size_t> positions_;
  std::string out_;
  unsigned next_ = 0;
};

}  // namespace

std::string cel_in_c(const CelNode& root, std::span<const std::string> args, std::span<const std::size_t> positions) {
  Writer writer(args, positions);
  const Term result = writer.term(root);
  return "({ " + writer.statements() + result.value + " != 0" + (result.error.empty() ? "" : " && !" + result.error) +
         "; })";
}

}  // namespace burin
