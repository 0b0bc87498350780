// Reads version numbers out of the three texts in which distributions put them.
#include "host/kernel_version.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace burin {
namespace {

/// "6.1.192-2" -> code; the third number may be missing ("5.10-1").
std::optional<std::uint32_t> parse_version(std::string_view text) {
  std::uint32_t part[3] = {0, 0, 0};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    auto [next, ec] = std::from_chars(at, end, part[i]);
    if (ec != std::errc{}) return i < 2 ? std::nullopt : std::optional((part[0] << 16) + (part[1] << 8));
    at = next;
    if (i < 2) {
      if (at == end || *at != '.') {
        if (i == 0) return std::nullopt;
        break;
      }
      ++at;
    }
  }
  if (part[0] > 255 || part[1] > 255) return std::nullopt;
  return (part[0] << 16) + (part[1] << 8) + std::min(part[2], 255u);
}

std::string_view word(std::string_view text, int index) {
  for (;; --index) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
    const auto end = std::min(text.find_first_of(" \t\n"), text.size());
    if (index == 0 || text.empty()) return text.substr(0, end);
    text.remove_prefix(end);
  }
}

}  // namespace

std::uint32_t kernel_version_code(std::string_view release, std::string_view version, std::string_view signature) {
  if (auto code = parse_version(word(signature, 2))) return *code;
  if (auto at = version.find("Debian "); at != std::string_view::npos)
    if (auto code = parse_version(version.substr(at + 7))) return *code;
  return parse_version(release).value_or(0);
}

}  // namespace burin
