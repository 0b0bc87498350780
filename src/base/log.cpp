#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

namespace burin {
namespace {
std::atomic<LogLevel> g_level{LogLevel::Info};

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
  }
  return "error";
}
}  // namespace

void set_log_level(LogLevel level) {
  g_level = level;
}

void log(LogLevel level, std::string_view area, std::string_view text) {
  if (level < g_level.load()) return;
  std::string line;
  line.append("burin: ").append(name(level)).append(" ").append(area).append(": ");
  for (const char c : text) {
    line.push_back(static_cast<unsigned char>(c) < 0x20 && c != '\n' ? '?' : c);
    if (c == '\n') line += "  ";  // what follows cannot pass for a line of its own
  }
  line.push_back('\n');
  // A log line that cannot be written has nowhere to be reported.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace burin
