#include "text/text_set.h"

#include <algorithm>

#include "text/compare_code.h"

namespace burin {
namespace {

char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = folded(c);
  return out;
}

bool holds(std::string_view value, TextMatch how, std::string_view text) {
  switch (how) {
    case TextMatch::Equal: return text == value;
    case TextMatch::Prefix: return text.starts_with(value);
    case TextMatch::Postfix: return text.ends_with(value);
    case TextMatch::SubString: return text.find(value) != std::string_view::npos;
    case TextMatch::SubStringIgnoreCase: return folded(text).find(folded(value)) != std::string::npos;
  }
  return false;
}

bool inlined(const std::vector<std::string>& values, TextMatch how) {
  std::size_t bytes = 0, longest = 0;
  for (const auto& v : values) {
    bytes += v.size();
    longest = std::max(longest, v.size());
  }
  return values.size() <= kInlineTexts && bytes <= kInlineTextBytes &&
         (how != TextMatch::Postfix || longest <= kTextPad);
}

}  // namespace

bool matches(const StringSet& set, TextMatch how, std::string_view text) {
  return std::ranges::any_of(set.values, [&](const std::string& value) { return holds(value, how, text); });
}

std::size_t max_text_value(TextMatch) {
  return kMaxTextBytes;
}

Result<TextSetCode> emit_texts(const StringSet& set, TextMatch how, std::string_view name) {
  std::vector<std::string> values = set.values;
  if (how == TextMatch::SubStringIgnoreCase)
    for (auto& v : values) v = folded(v);
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const auto& v : values)
    if (v.size() > kMaxTextBytes)
      return fail(ErrorCode::Unsupported, "a value of " + std::to_string(v.size()) + " bytes is longer than the " +
                                              std::to_string(kMaxTextBytes) + " bytes of a text that are compared");

  TextSetCode code;
  std::string body;
  const std::string n(name);
  if (values.empty()) {
    body = "  return 0;\n";
  } else if (how != TextMatch::Equal && values.front().empty()) {
    body = "  return 1;\n";  // every text begins with, ends in and contains the empty one
  } else if (how == TextMatch::SubString || how == TextMatch::SubStringIgnoreCase) {
    TRY(body, search_body(values, how == TextMatch::SubStringIgnoreCase, n, code));
  } else if (inlined(values, how)) {
    body = inline_body(values, how);
  } else if (how == TextMatch::Equal) {
    TRY(body, equal_body(values, n, code));
  } else if (how == TextMatch::Prefix) {
    TRY(body, prefix_body(values, n, code));
  } else {
    TRY(body, postfix_body(values, n, code));
  }
  code.functions += "static __always_inline int " + n + "(struct burin_text *t) {\n" + body + "}\n";
  return code;
}

}  // namespace burin
