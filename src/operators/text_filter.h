// What the operators on texts share: reading values, set membership, wanted or not, in C and in the reference.
//
// A text is what was captured: at most 4095 bytes, a path that is too deep without its beginning (decision record
// 0004). A file without a path has the empty text, so that a negative operator holds for it; a text that could not be
// read holds for no operator, which the generator asks for before the predicate.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/operator.h"

namespace burin {

/// Values as bytes. One trailing NUL is tolerated: it is cut, and on byte arguments Equal takes both forms.
StringSet read_texts(const std::vector<Located<std::string>>& values, const ArgType& type, TextMatch how,
                     Diagnostics& diagnostics);
/// The text of a decoded value; nothing when it has none or could not be read.
std::optional<std::string_view> text_of(const Value& value);

/// C expression: the text matches the set (`wanted` true) or does not (false).
std::string text_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, TextMatch how,
                      bool wanted);
bool text_holds(const Value& value, const ArgType& type, const Operand& operand, TextMatch how, bool wanted);

/// An operator that only texts have, from its names and way.
template <TextMatch kHow, bool kWanted>
Operator text_operator(std::string_view name, std::string_view summary) {
  Operator out;
  out.name = name;
  out.summary = summary;
  out.applies_to = is_text;
  out.parse = [](const std::vector<Located<std::string>>& values, const ArgType& type,
                 Diagnostics& diagnostics) -> Operand { return read_texts(values, type, kHow, diagnostics); };
  out.predicate = [](const PredicateSite& site, const ArgType& type, const Operand& operand) {
    return text_in_c(site, type, operand, kHow, kWanted);
  };
  out.evaluate = [](const Value& value, const ArgType& type, const Operand& operand) {
    return text_holds(value, type, operand, kHow, kWanted);
  };
  return out;
}

}  // namespace burin
