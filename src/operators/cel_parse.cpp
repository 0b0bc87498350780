// Recursive descent over the text of a CEL expression; the depth is bounded, the first mistake ends it.
#include <array>
#include <charconv>
#include <utility>

#include "operators/cel.h"

namespace burin {
namespace {

using Node = std::shared_ptr<CelNode>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

class Parser {
 public:
  Parser(std::string_view text, CelProblem& problem) : text_(text), problem_(problem) {}

  Node whole() {
    Node out = expression();
    if (out && !failed_) {
      skip();
      if (at_ < text_.size()) fail_here();
    }
    return failed_ ? nullptr : out;
  }

 private:
  std::nullptr_t fail(std::size_t at, std::string message, std::string hint = {}) {
    if (!failed_) problem_ = {at + 1, std::move(message), std::move(hint)};
    failed_ = true;
    return nullptr;
  }

  std::nullptr_t fail_here() {
    skip();
    if (at_ >= text_.size()) return fail(at_, "the expression ends too early");
    const char c = text_[at_];
    if (c == '"' || c == '\'') return fail(at_, "text is beyond the CEL of CelExpr", "it compares integers and bools");
    if (c == '.' || c == '[' || c == '{')
      return fail(at_, std::string("\"") + c + "\" is beyond the CEL of CelExpr",
                  "it has no members, maps or lists but `in [...]`");
    const bool printable = c > 0x20 && c < 0x7f;
    return fail(at_, printable ? std::string("\"") + c + "\" is not expected here" : "an unexpected character");
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  bool take_word(std::string_view word) {
    skip();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && is_word(rest[word.size()]))) return false;
    at_ += word.size();
    return true;
  }

  Node make(std::size_t at, CelOp op, std::vector<Node> operands, CelType type = CelType::Unknown,
            std::uint64_t value = 0) {
    if (failed_) return nullptr;
    if (++nodes_ > kMaxCelNodes)
      return fail(at, "the expression has more than " + std::to_string(kMaxCelNodes) + " parts",
                  "split it into filters, which are ANDed");
    auto out = std::make_shared<CelNode>();
    out->op = op;
    out->type = type;
    out->value = value;
    out->operands = std::move(operands);
    out->column = at + 1;
    return out;
  }

  Node expression() {
    skip();
    if (++depth_ > kMaxCelDepth)
      return fail(at_, "the expression is nested deeper than " + std::to_string(kMaxCelDepth) + " levels");
    Node out = any_of();
    const std::size_t at = at_;
    if (out && take("?")) {
      Node yes = any_of();
      if (yes && !take(":")) fail_here();
      Node no = failed_ ? nullptr : expression();
      out = make(at, CelOp::Choose, {out, yes, no});
    }
    --depth_;
    return failed_ ? nullptr : out;
  }

  Node any_of() {
    Node out = all_of();
    while (out && !failed_) {
      skip();
      const std::size_t at = at_;
      if (!take("||")) break;
      Node right = all_of();
      out = make(at, CelOp::Or, {out, right});
    }
    return out;
  }

  Node all_of() {
    Node out = relation();
    while (out && !failed_) {
      skip();
      const std::size_t at = at_;
      if (!take("&&")) break;
      Node right = relation();
      out = make(at, CelOp::And, {out, right});
    }
    return out;
  }

  Node relation() {
    static constexpr std::pair<std::string_view, CelOp> kSigns[] = {
        {"<=", CelOp::LessEqual}, {">=", CelOp::GreaterEqual}, {"==", CelOp::Equal},
        {"!=", CelOp::NotEqual},  {"<", CelOp::Less},          {">", CelOp::Greater},
    };
    Node out = sum();
    while (out && !failed_) {
      skip();
      const std::size_t at = at_;
      if (take_word("in")) {
        out = in_list(at, std::move(out));
        continue;
      }
      const auto* sign = std::begin(kSigns);
      while (sign != std::end(kSigns) && !take(sign->first)) ++sign;
      if (sign == std::end(kSigns)) break;
      Node right = sum();
      out = make(at, sign->second, {out, right});
    }
    return out;
  }

  Node in_list(std::size_t at, Node element) {
    std::vector<Node> parts = {std::move(element)};
    if (!take("[")) return fail(at_, "`in` is followed by a list", "write x in [1, 2, 3]");
    if (!take("]")) {
      do {
        Node item = expression();
        if (!item) return nullptr;
        parts.push_back(std::move(item));
      } while (take(","));
      if (!take("]")) return fail_here();
    }
    return make(at, CelOp::In, std::move(parts));
  }

  Node sum() {
    Node out = product();
    while (out && !failed_) {
      skip();
      const std::size_t at = at_;
      const bool plus = take("+");
      if (!plus && !take("-")) break;
      Node right = product();
      out = make(at, plus ? CelOp::Add : CelOp::Sub, {out, right});
    }
    return out;
  }

  Node product() {
    static constexpr std::pair<std::string_view, CelOp> kSigns[] = {
        {"*", CelOp::Mul}, {"/", CelOp::Div}, {"%", CelOp::Mod}};
    Node out = unary();
    while (out && !failed_) {
      skip();
      const std::size_t at = at_;
      const auto* sign = std::begin(kSigns);
      while (sign != std::end(kSigns) && !take(sign->first)) ++sign;
      if (sign == std::end(kSigns)) break;
      Node right = unary();
      out = make(at, sign->second, {out, right});
    }
    return out;
  }

  Node unary() {
    skip();
    const std::size_t at = at_;
    const bool minus = take("-");
    if (!minus && !(text_.substr(at_, 1) == "!" && text_.substr(at_, 2) != "!=" && take("!"))) return primary();
    skip();
    if (minus && at_ < text_.size() && is_digit(text_[at_])) return number(at, true);
    if (++depth_ > kMaxCelDepth)
      return fail(at_, "the expression is nested deeper than " + std::to_string(kMaxCelDepth) + " levels");
    Node inner = unary();
    --depth_;
    return inner ? make(at, minus ? CelOp::Negate : CelOp::Not, {inner}) : nullptr;
  }

  Node number(std::size_t at, bool negative) {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    std::string_view digits = text_.substr(from, at_ - from);
    if (at_ < text_.size() && text_[at_] == '.')
      return fail(from, "numbers with a fraction are beyond the CEL of CelExpr", "it has 64-bit integers");
    const bool is_uint = digits.ends_with('u') || digits.ends_with('U');
    const std::string written(digits);
    if (is_uint) digits.remove_suffix(1);
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (hex) digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (digits.empty() || (error == std::errc() && stop != digits.data() + digits.size()) ||
        error == std::errc::invalid_argument)
      return fail(from, "\"" + written + "\" is not an integer", "write 10, 0x1f, or 10u for an unsigned one");
    const std::uint64_t limit = is_uint ? ~std::uint64_t{0} : (std::uint64_t{1} << 63) - (negative ? 0 : 1);
    if (error != std::errc() || value > limit)
      return fail(from, "\"" + written + "\" is outside of what a 64-bit " + (is_uint ? "uint" : "int") + " holds",
                  is_uint || negative ? "" : "write " + written + "u for an unsigned one");
    if (negative && is_uint) return make(at, CelOp::Negate, {make(from, CelOp::Literal, {}, CelType::Uint, value)});
    return make(at, CelOp::Literal, {}, is_uint ? CelType::Uint : CelType::Int, negative ? 0 - value : value);
  }

  Node conversion(std::size_t at, CelOp op) {
    if (!take("(")) return fail_here();
    Node inner = expression();
    if (inner && !take(")")) return fail_here();
    return inner ? make(at, op, {inner}) : nullptr;
  }

  Node primary() {
    skip();
    const std::size_t at = at_;
    if (take("(")) {
      Node out = expression();
      if (out && !take(")")) return fail_here();
      return out;
    }
    if (at_ >= text_.size() || !is_word(text_[at_])) return fail_here();
    if (is_digit(text_[at_])) return number(at, false);
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view word = text_.substr(at, at_ - at);
    if (word == "true" || word == "false") return make(at, CelOp::Literal, {}, CelType::Bool, word == "true");
    if (word == "int") return conversion(at, CelOp::ToInt);
    if (word == "uint") return conversion(at, CelOp::ToUint);
    if (word.starts_with("arg") && word.size() > 3 && word.size() < 6) {
      std::uint64_t position = 0;
      const auto [stop, error] = std::from_chars(word.data() + 3, word.data() + word.size(), position);
      if (error == std::errc() && stop == word.data() + word.size())
        return make(at, CelOp::Arg, {}, CelType::Unknown, position);
    }
    return fail(at, "unknown name \"" + std::string(word) + "\"",
                "arguments are arg0, arg1..., by their position in the hook's list; functions are int() and uint()");
  }

  std::string_view text_;
  CelProblem& problem_;
  std::size_t at_ = 0, depth_ = 0, nodes_ = 0;
  bool failed_ = false;
};

}  // namespace

std::shared_ptr<CelNode> parse_cel(std::string_view text, CelProblem& problem) {
  return Parser(text, problem).whole();
}

}  // namespace burin
