// Parser for /proc/self/mountinfo (proc(5)): "36 35 98:0 /root /point opts [tags] - type source super-opts".
#include "host/mounts.h"

#include <sstream>

namespace burin {
namespace {

/// The kernel writes space, tab, newline and backslash as \ooo.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto digit = [&](std::size_t k) { return k < text.size() && text[k] >= '0' && text[k] <= '7'; };
    if (text[i] == '\\' && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point, word, type;
    words >> id >> parent >> device >> root >> point;
    while (words >> word && word != "-") {
    }
    if (words >> type) mounts.push_back({unescape(root), unescape(point), type});
  }
  return mounts;
}

std::string find_mount(const std::vector<Mount>& mounts, std::string_view type,
                       const std::vector<std::string>& preferred) {
  for (const auto& want : preferred)
    for (const auto& mount : mounts)
      if (mount.type == type && mount.point == want) return want;
  for (const auto& mount : mounts)
    if (mount.type == type && mount.root == "/") return mount.point;
  for (const auto& mount : mounts)
    if (mount.type == type) return mount.point;
  return {};
}

}  // namespace burin
