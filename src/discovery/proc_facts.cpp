#include "discovery/proc_facts.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

#include "base/unique_fd.h"

namespace burin {

std::string proc_text(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while (fd && (count = ::read(fd.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

std::vector<std::uint64_t> proc_stat(const std::string& path) {
  constexpr std::size_t kFields = 60, kFirst = 4;  // field 3 is the state, a letter
  std::vector<std::uint64_t> fields(kFields);
  const std::string text = proc_text(path);
  const auto end = text.rfind(") ");
  if (end == std::string::npos || end + 4 > text.size()) return fields;
  std::istringstream in(text.substr(end + 4));
  std::string word;
  for (std::size_t i = kFirst; i < kFields && in >> word; ++i)
    std::from_chars(word.data(), word.data() + word.size(), fields[i]);
  return fields;
}

std::optional<std::uint64_t> proc_status(const std::string& path, std::string_view key) {
  const std::string text = proc_text(path);
  const auto at = text.find("\n" + std::string(key));
  if (at == std::string::npos) return std::nullopt;
  std::istringstream in(text.substr(at + 1 + key.size()));
  std::uint64_t value = 0;
  return in >> value ? std::optional(value) : std::nullopt;
}

std::uint32_t namespace_inode(const char* path) {
  char target[64];
  const ssize_t length = ::readlink(path, target, sizeof target);
  std::uint32_t inode = 0;
  bool inside = false;
  for (ssize_t i = 0; i < length; ++i) {
    if (target[i] == '[') inside = true;
    if (inside && target[i] >= '0' && target[i] <= '9')
      inode = inode * 10 + static_cast<std::uint32_t>(target[i] - '0');
  }
  return inode;
}

std::string link_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string();
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace burin
