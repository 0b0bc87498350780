// The text of one YAML file: checked once for what no YAML parser should see, then asked for the place of any byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"
#include "diag/diagnostic.h"

namespace burin {

/// A view of a file's text (which must outlive it) with a byte order mark removed. Places are byte offsets into text().
class SourceText {
 public:
  SourceText(std::string file, std::string_view text);

  const std::string& file() const { return file_; }
  std::string_view text() const { return text_; }

  /// Refuses what cannot be a policy: more than kMaxPolicyBytes, invalid UTF-8, control characters, lone carriage
  /// returns. Reports the first place of it and returns false.
  bool check(Diagnostics& diagnostics) const;

  /// The place of bytes [begin, end): the part of it on its first line, at least one character. Constant time.
  SourceSpan span(std::size_t begin, std::size_t end) const;

 private:
  std::size_t chars_before(std::size_t at) const;

  std::string file_;
  std::string_view text_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<std::uint32_t> checkpoints_;  ///< characters before each multiple of kStride bytes
};

}  // namespace burin
