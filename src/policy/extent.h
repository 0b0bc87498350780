// Where a YAML value's text begins and ends: the parser tells only the beginning, carets need both.
#pragma once
#include <cstdint>
#include <string_view>

#include "policy/source_text.h"

namespace burin {

/// A range of bytes on one line.
struct Extent {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool written = true;  ///< false: nothing is written there
};

/// A scalar that begins at `at`: with its quotes; for text of several lines the part on the first.
Extent scalar_extent(const SourceText& source, std::size_t at, std::string_view value);
/// True when a quoted scalar at `at` has no closing quote: yaml-cpp takes the end of the file for one.
bool quote_never_closes(const SourceText& source, std::size_t at);
/// `~`, `null` and the like at `at`, or written == false when the value was left out.
Extent null_extent(const SourceText& source, std::size_t at);
/// The dash of the empty list item that ends before `at`.
Extent dash_before(const SourceText& source, std::size_t at);
/// From `at` to the next space or the line's end.
Extent word_extent(const SourceText& source, std::size_t at);
/// From `at` to the last visible character of its line, a comment left out.
Extent line_extent(const SourceText& source, std::size_t at);

}  // namespace burin
