// Texts: reading, and the one trailing NUL that Equal tolerates.
#include "operators/text_filter.h"

#include <algorithm>

namespace burin {
namespace {

/// What the set stands for: a byte argument may carry the NUL that ends a C string, or not.
StringSet meant(const StringSet& set, const ArgType& type, TextMatch how) {
  StringSet out = set;
  if (type.type_class == TypeClass::Bytes && how == TextMatch::Equal)
    for (const std::string& value : set.values) out.values.push_back(value + '\0');
  return out;
}

}  // namespace

StringSet read_texts(const std::vector<Located<std::string>>& values, const ArgType& type, TextMatch how,
                     Diagnostics& diagnostics) {
  const bool bytes = type.type_class == TypeClass::Bytes;
  StringSet out;
  for (const auto& value : values) {
    std::string text = value.value;
    if ((!bytes || how == TextMatch::Equal) && text.size() > 1 && text.back() == '\0') text.pop_back();
    if (!bytes && text.find('\0') != std::string::npos) {
      diagnostics.error(
          "bad-value", value.span,
          "a NUL inside of the value: an argument of type " + std::string(type.name) + " ends at its first",
          "remove the NUL, or capture the argument as char_buf");
      continue;
    }
    if (text.size() > max_text_value(how)) {
      diagnostics.error("bad-value", value.span,
                        "a value of " + std::to_string(text.size()) + " bytes; of an argument " +
                            std::to_string(max_text_value(how)) + " bytes are compared",
                        "compare with a part of it");
      continue;
    }
    if (std::ranges::find(out.values, text) == out.values.end()) out.values.push_back(std::move(text));
  }
  return out;
}

std::optional<std::string_view> text_of(const Value& value) {
  if (const auto* v = std::get_if<StringValue>(&value)) return v->value;
  if (const auto* v = std::get_if<BytesValue>(&value)) return v->bytes;
  if (const auto* v = std::get_if<PathValue>(&value)) return v->path;
  if (const auto* v = std::get_if<SockaddrUnValue>(&value)) return v->path;
  return std::nullopt;
}

std::string text_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, TextMatch how,
                      bool wanted) {
  const std::string set = site.text_set(meant(std::get<StringSet>(operand), type, how), how);
  return "(" + std::string(wanted ? "" : "!") + set + "(" + site.text + "))";
}

bool text_holds(const Value& value, const ArgType& type, const Operand& operand, TextMatch how, bool wanted) {
  const auto text = text_of(value);
  return text && matches(meant(std::get<StringSet>(operand), type, how), how, *text) == wanted;
}

}  // namespace burin
