// Extents are found in the text itself, never past the line's end, so that each costs no more than its line.
#include "policy/extent.h"

#include <algorithm>

namespace burin {
namespace {

/// Longest part of a line that is looked at for an extent. A caret line shows less than that anyway, and the bound
/// keeps a file that is one long line from costing its square.
constexpr std::size_t kLongestLook = 1024;

Extent make(std::size_t begin, std::size_t end, bool written = true) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), written};
}

/// The rest of the line from `at`, cut at kLongestLook.
std::string_view rest_of_line(const SourceText& source, std::size_t at) {
  std::string_view rest = source.text().substr(std::min(at, source.text().size()), kLongestLook);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

/// Length of `line` without a comment and trailing blanks.
std::size_t visible_length(std::string_view line) {
  std::size_t end = line.size();
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '#' || (i > 0 && line[i - 1] != ' ' && line[i - 1] != '\t')) continue;
    end = i;
    break;
  }
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;
  return end;
}

/// Index behind the quote that closes the one at text[0]; npos when there is none.
std::size_t closing_quote(std::string_view text) {
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != '\'') return i + 1;
      ++i;  // '' inside single quotes
    }
  }
  return std::string_view::npos;
}

}  // namespace

Extent scalar_extent(const SourceText& source, std::size_t at, std::string_view value) {
  const std::string_view line = rest_of_line(source, at);
  if (!line.empty() && (line[0] == '"' || line[0] == '\''))
    return make(at, at + std::min(closing_quote(line), line.size()));
  if (!value.empty() && line.starts_with(value)) return make(at, at + value.size());
  return make(at, at + visible_length(line));
}

bool quote_never_closes(const SourceText& source, std::size_t at) {
  const std::string_view text = source.text().substr(std::min(at, source.text().size()));
  return !text.empty() && (text[0] == '"' || text[0] == '\'') && closing_quote(text) == std::string_view::npos;
}

Extent null_extent(const SourceText& source, std::size_t at) {
  const std::string_view line = rest_of_line(source, at);
  for (std::string_view word : {"~", "null", "Null", "NULL"})
    if (line.starts_with(word)) return make(at, at + word.size());
  return make(at, at, false);
}

Extent dash_before(const SourceText& source, std::size_t at) {
  // The parser stands on the next token, which is on a later line, or at the end of the file; comments may lie between.
  const std::size_t lowest = at > kLongestLook ? at - kLongestLook : 0;
  const std::string_view text = source.text().substr(0, at);
  std::size_t end = text.size();
  while (end > lowest) {
    const std::size_t newline = text.substr(lowest, end - lowest).rfind('\n');
    const std::size_t start = newline == std::string_view::npos ? lowest : lowest + newline + 1;
    std::string_view line = text.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t length = visible_length(line);
    if (length > 0) return line[length - 1] == '-' ? make(start + length - 1, start + length) : make(at, at);
    if (start == lowest) break;
    end = start - 1;
  }
  return make(at, at);
}

Extent word_extent(const SourceText& source, std::size_t at) {
  const std::string_view line = rest_of_line(source, at);
  const std::size_t end = line.find_first_of(" \t,]}");
  return make(at, at + std::max<std::size_t>(std::min(end, line.size()), line.empty() ? 0 : 1));
}

Extent line_extent(const SourceText& source, std::size_t at) {
  return make(at, at + visible_length(rest_of_line(source, at)));
}

}  // namespace burin
