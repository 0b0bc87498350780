// Sets of byte strings: the reference meaning of each way to match them, and the shape in which a set goes into C.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/operand.h"
#include "model/program.h"

namespace burin {

enum class TextMatch {
  Equal,
  Prefix,
  Postfix,
  SubString,
  SubStringIgnoreCase,  ///< ASCII letters
};

/// Reference: the text equals (begins with, ...) at least one of the set's values.
bool matches(const StringSet& set, TextMatch how, std::string_view text);

/// Longest value of each way that can be compared in the kernel, in bytes.
std::size_t max_text_value(TextMatch how);

/// Up to this many values a set is inlined as word compares; above it is a map (decision record 0004: 3 ns against more
/// than 100; about eleven instructions a value).
inline constexpr std::size_t kInlineTexts = 32;

/// C for one set: `static __always_inline int NAME(struct burin_text *t)`, 1 when the text matches. `maps` declares the
/// BCC maps it needs (file scope, before the functions), `inits` their contents. No byte of a value reaches C as text:
/// inlined values are 64-bit numbers. NAME must be an identifier made by us. Fails (Unsupported, with count and limit)
/// when the kernel could not hold the set.
struct TextSetCode {
  std::string maps;
  std::string functions;
  std::vector<MapInit> inits;
};
Result<TextSetCode> emit_texts(const StringSet& set, TextMatch how, std::string_view name);

}  // namespace burin
