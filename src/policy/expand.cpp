// Expansion happens after the YAML is parsed, on single values: a variable can never add a key, a selector or a
// document.
#include "policy/expand.h"

#include <algorithm>

#include "diag/display.h"

namespace burin {
namespace {

bool name_start(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
bool name_char(char c) {
  return name_start(c) || (c >= '0' && c <= '9');
}
bool separator(char c) {
  return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

constexpr std::string_view kReferenceHint = "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign";

struct Reference {
  std::string name;
  std::optional<std::string> fallback;
};

/// Parses what stands between `${` and `}`.
std::optional<Reference> parse_reference(std::string_view inner) {
  std::size_t end = 0;
  while (end < inner.size() && name_char(inner[end])) ++end;
  if (end == 0 || !name_start(inner[0])) return std::nullopt;
  Reference out{std::string(inner.substr(0, end)), std::nullopt};
  inner.remove_prefix(end);
  if (inner.empty()) return out;
  if (!inner.starts_with(":-") || inner.find("${") != std::string_view::npos) return std::nullopt;
  out.fallback = std::string(inner.substr(2));
  return out;
}

bool holds_controls(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    if (!c.valid || is_control(c.code)) return true;
    at += c.size;
  }
  return false;
}

}  // namespace

/// One expansion of one scalar.
class Expander {
 public:
  Expander(Reading& reading, const YamlNode& scalar) : reading_(reading), scalar_(scalar) {
    const std::size_t inner = scalar.begin + (scalar.quoted ? 1 : 0);
    // Escapes and folded lines move bytes about; then every part has the place of the whole scalar.
    verbatim_ =
        reading.source().text().substr(std::min(inner, reading.source().text().size())).starts_with(scalar.text);
    inner_ = static_cast<std::uint32_t>(inner);
  }

  std::optional<ExpandedText> run() {
    const std::string_view text = scalar_.text;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t dollar = std::min(text.find('$', at), text.size());
      literal(at, dollar);
      at = dollar;
      if (at == text.size()) break;
      if (text.substr(at).starts_with("$$")) {
        add("$", at, at + 2, false);
        at += 2;
      } else if (!text.substr(at).starts_with("${")) {
        literal(at, at + 1);  // a lone dollar is a dollar
        ++at;
      } else {
        const std::size_t close = text.find('}', at);
        if (!reference(at, close == std::string_view::npos ? text.size() : close + 1, close != std::string_view::npos))
          return std::nullopt;
        at = close + 1;
      }
    }
    return std::move(out_);
  }

 private:
  void literal(std::size_t begin, std::size_t end) {
    if (begin < end) add(scalar_.text.substr(begin, end - begin), begin, end, verbatim_);
  }

  void add(const std::string& text, std::size_t begin, std::size_t end, bool verbatim) {
    ExpandedText::Part part{out_.text_.size(), scalar_.begin, scalar_.end, verbatim};
    if (verbatim_) {
      part.source_begin = inner_ + static_cast<std::uint32_t>(begin);
      part.source_end = inner_ + static_cast<std::uint32_t>(end);
    }
    out_.parts_.push_back(part);
    out_.text_ += text;
  }

  SourceSpan span(std::size_t begin, std::size_t end) const {
    return verbatim_ ? reading_.source().span(inner_ + begin, inner_ + end) : reading_.span(scalar_);
  }

  /// Replaces text[begin, end), which starts with `${`.
  bool reference(std::size_t begin, std::size_t end, bool closed) {
    const std::string written = scalar_.text.substr(begin, end - begin);
    if (!closed) {
      reading_.error("bad-variable", span(begin, end), "`${` without a closing `}`", std::string(kReferenceHint));
      return false;
    }
    const std::optional<Reference> ref = parse_reference(std::string_view(written).substr(2, written.size() - 3));
    if (!ref) {
      reading_.error("bad-variable", span(begin, end), "not a variable: " + quoted(written),
                     std::string(kReferenceHint));
      return false;
    }
    std::optional<std::string> value = reading_.variable(ref->name);
    if (ref->fallback && (!value || value->empty())) value = ref->fallback;
    if (!value) {
      reading_.error("unset-variable", span(begin, end), "variable " + quoted(ref->name) + " is not set",
                     "give it with --set " + ref->name + "=..., or write a default: ${" + ref->name + ":-...}");
      return false;
    }
    if (!acceptable(*value, ref->name, span(begin, end))) return false;
    add(*value, begin, end, false);
    return true;
  }

  bool acceptable(const std::string& value, const std::string& name, SourceSpan place) {
    if (holds_controls(value)) {
      reading_.error("control-character", std::move(place),
                     "the text of variable " + quoted(name) + " holds a control character: " + quoted(value));
      return false;
    }
    if (value.size() > reading_.expansion_budget) {
      reading_.error("expansion-too-large", std::move(place),
                     "the variables of this file expand to more than " + std::to_string(kMaxPolicyBytes) + " bytes");
      return false;
    }
    reading_.expansion_budget -= value.size();
    return true;
  }

  Reading& reading_;
  const YamlNode& scalar_;
  ExpandedText out_;
  std::uint32_t inner_ = 0;
  bool verbatim_ = false;
};

SourceSpan ExpandedText::span(const SourceText& source, std::size_t begin, std::size_t end) const {
  auto part_at = [this](std::size_t at) {
    auto next = std::upper_bound(parts_.begin(), parts_.end(), at,
                                 [](std::size_t value, const Part& part) { return value < part.begin; });
    return *std::prev(next);
  };
  const Part first = part_at(begin);
  const Part last = part_at(end > begin ? end - 1 : begin);
  const std::size_t from = first.source_begin + (first.verbatim ? begin - first.begin : 0);
  const std::size_t to = last.verbatim ? last.source_begin + (end - last.begin) : last.source_end;
  return source.span(from, std::max(from, to));
}

std::optional<ExpandedText> expand(Reading& reading, const YamlNode& scalar) {
  return Expander(reading, scalar).run();
}

std::vector<Located<std::string>> split(const Reading& reading, const ExpandedText& expanded) {
  const std::string& text = expanded.text();
  std::vector<Located<std::string>> out;
  for (std::size_t at = 0; at < text.size();) {
    if (separator(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !separator(text[end])) ++end;
    out.push_back({text.substr(at, end - at), expanded.span(reading.source(), at, end)});
    at = end;
  }
  return out;
}

Located<std::string> whole(const Reading& reading, const YamlNode& scalar, const ExpandedText& text) {
  return {text.text(), reading.span(scalar)};
}

}  // namespace burin
