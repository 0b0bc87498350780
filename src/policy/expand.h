// Variables and lists inside a value: `${VAR}`, `${VAR:-default}`, `$$`, and several addresses written in one value.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/policy.h"
#include "policy/reading.h"

namespace burin {

/// A scalar's text with its variables replaced, and which bytes of the source each part came from.
class ExpandedText {
 public:
  const std::string& text() const { return text_; }
  /// The place of text()[begin, end): its own characters, or the `${...}` it came from.
  SourceSpan span(const SourceText& source, std::size_t begin, std::size_t end) const;

 private:
  friend class Expander;
  struct Part {
    std::size_t begin;  ///< in text()
    std::uint32_t source_begin, source_end;
    bool verbatim;  ///< byte for byte the source's text
  };
  std::string text_;
  std::vector<Part> parts_;
};

/// Replaces the variables of a scalar. Nothing (reported, with the place of the `${...}`) when a variable is not set, a
/// reference is malformed, a variable's text holds control characters, or the file's expansion budget is used up.
std::optional<ExpandedText> expand(Reading& reading, const YamlNode& scalar);

/// The pieces between spaces, commas and newlines, each with its place; none when there is nothing else.
std::vector<Located<std::string>> split(const Reading& reading, const ExpandedText& text);

/// The whole text as one located value.
Located<std::string> whole(const Reading& reading, const YamlNode& scalar, const ExpandedText& text);

}  // namespace burin
