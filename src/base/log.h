// Log lines for the operator on standard error: one line each, level, area, text. Libraries return errors instead; only
// control/ and app/ decide that something is worth a line.
#pragma once
#include <string_view>

namespace burin {

enum class LogLevel { Debug, Info, Warning, Error };

/// Lines below this level are dropped. Thread-safe.
void set_log_level(LogLevel level);
/// Writes "LEVEL area: text\n" in one write(2), so that lines of several threads do not mix. Control characters in
/// `text` are replaced, so that names taken from a policy cannot forge lines.
void log(LogLevel level, std::string_view area, std::string_view text);

}  // namespace burin
