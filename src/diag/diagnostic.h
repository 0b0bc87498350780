// A user's mistakes, all of them at once: stable id, place, message, cure; rendered with the line and a caret.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"

namespace burin {

enum class Severity { Error, Warning };

struct Diagnostic {
  Severity severity = Severity::Error;
  std::string id;  ///< stable, kebab-case ("unknown-operator"); documented in docs/policy.md
  SourceSpan span;
  std::string message;  ///< what is wrong, in one sentence without a full stop
  std::string hint;     ///< what to do about it ("did you mean NotDAddr?"); may be empty
};

/// Collects diagnostics. A stage that fills it returns normally; its caller asks has_errors().
class Diagnostics {
 public:
  void error(std::string id, SourceSpan span, std::string message, std::string hint = {});
  void warning(std::string id, SourceSpan span, std::string message, std::string hint = {});
  bool has_errors() const;
  const std::vector<Diagnostic>& all() const { return items_; }
  /// Sorted by line, column; equal ones once.
  void sort();

 private:
  std::vector<Diagnostic> items_;
};

/// The text a terminal shows for all diagnostics of one file:
///
///     policy.yaml:12:19: error: unknown operator "NotDaddr" [unknown-operator]
///        12 |       - operator: "NotDaddr"
///           |                   ^~~~~~~~~~
///           = did you mean "NotDAddr"?
///
/// `source` is the file's text (for the snippet; control characters are shown as '?'). `color` adds SGR codes.
std::string render(const Diagnostics& diagnostics, std::string_view source, bool color);

/// One diagnostic as a JSON object on one line, for editors: {"file", "line", "column", "length", "severity", "id",
/// "message", "hint"}; line and column count from 1 and are 0 when there is no place, hint may be absent. Invalid bytes
/// become U+FFFD.
std::string to_json(const Diagnostic& diagnostic);

/// The entry of `known` nearest to `word` by edit distance, or empty when none is near (distance > max(2, length / 3)).
/// Case differences count less than letters.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace burin
