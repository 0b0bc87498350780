// Text from processes on somebody's terminal: quoted the way Go's %q does it, so that no control sequence gets through
// and columns stay apart. Only compact*.cpp includes this file.
#pragma once
#include <string>
#include <string_view>

namespace burin {

/// Go's strconv.Quote of valid UTF-8 text.
std::string go_quote(std::string_view text);
/// `text`, quoted when it has a space or a character that is not printable (Tetragon's maybeQuote).
std::string maybe_quote(std::string_view text);
/// `text`, quoted when it has a character that is not printable; spaces alone do not count.
std::string quote_unprintable(std::string_view text);

}  // namespace burin
