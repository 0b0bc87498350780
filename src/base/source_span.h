// A place in a text that the user wrote: every diagnostic and every generated line of C points at one.
#pragma once
#include <cstdint>
#include <string>

namespace burin {

/// A place in a file. `line` and `column` count from 1 (column in characters, not bytes); 0 means "not known".
/// `length` is the number of characters to underline, at least 1 when line is known.
struct SourceSpan {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  friend bool operator==(const SourceSpan&, const SourceSpan&) = default;
};

}  // namespace burin
