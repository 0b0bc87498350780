// Text form: two header lines, one line a member ("path offset size shift mask", or "path -" for a member that the
// kernel does not have), and a last line with the FNV-1a hash of all before it, which catches truncation and edits by
// accident.
#include "layout/layout_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <sstream>

#include "base/unique_fd.h"

namespace burin {
namespace {

constexpr const char* kMagic = "burin layout 1";
/// A table of some hundred members is 20 KB.
constexpr std::size_t kLargestFile = 1u << 20;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a offset basis and prime, 64 bits
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// Ours, and nobody else can write it.
bool is_private(const struct stat& info) {
  return info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

UniqueFd open_dir(const std::filesystem::path& dir, bool create) {
  std::error_code ignored;
  if (create && !std::filesystem::exists(dir, ignored)) {
    std::filesystem::create_directories(dir.parent_path(), ignored);
    ::mkdir(dir.c_str(), 0700);
  }
  UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (fd && (::fstat(fd.get(), &info) != 0 || !is_private(info))) fd.reset();
  return fd;
}

std::string read_private_file(int dir, const std::string& name) {
  UniqueFd fd(::openat(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  std::string text;
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || !is_private(info)) return text;
  char buffer[16384];
  while (text.size() < kLargestFile) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {};
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string joined(const std::vector<std::string>& members) {
  std::string text;
  for (const auto& member : members) text += member + "\n";
  return text;
}

/// A byte of the key that would break the line structure.
std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

}  // namespace

LayoutCache::LayoutCache(std::filesystem::path dir, std::string key)
    : dir_(std::move(dir)), key_(one_line(std::move(key))) {}

std::string LayoutCache::header() const {
  return std::string(kMagic) + "\n" + key_ + "\n";
}

std::string LayoutCache::file_name(const std::vector<std::string>& members) const {
  return "layout-" + hex(fnv1a(header() + joined(members)));
}

std::optional<LayoutTable> LayoutCache::load(const std::vector<std::string>& members) const {
  const UniqueFd dir = open_dir(dir_, false);
  if (!dir) return std::nullopt;
  const std::string text = read_private_file(dir.get(), file_name(members));
  const auto last = text.rfind("end ");
  if (last == std::string::npos ||
      text.substr(last) != "end " + hex(fnv1a(std::string_view(text).substr(0, last))) + "\n")
    return std::nullopt;
  if (!text.starts_with(header())) return std::nullopt;
  std::istringstream lines(text.substr(header().size(), last - header().size()));
  LayoutTable table;
  table.source = "btf";
  std::string line;
  for (const auto& member : members) {
    if (!std::getline(lines, line)) return std::nullopt;
    if (line == member + " -") continue;
    std::istringstream words(line);
    std::string path, rest;
    LayoutMember place;
    if (!(words >> path >> place.offset >> place.size >> place.shift >> place.mask) || (words >> rest) ||
        path != member)
      return std::nullopt;
    table.members.emplace(member, place);
  }
  return std::getline(lines, line) ? std::nullopt : std::optional(std::move(table));
}

void LayoutCache::store(const std::vector<std::string>& members, const LayoutTable& table) const {
  const UniqueFd dir = open_dir(dir_, true);
  if (!dir) return;
  std::string text = header();
  for (const auto& member : members) {
    if (member.find_first_of(" \t\r\n") != std::string::npos) return;
    const LayoutMember* place = table.find(member);
    text += member;
    text += place ? " " + std::to_string(place->offset) + " " + std::to_string(place->size) + " " +
                        std::to_string(place->shift) + " " + std::to_string(place->mask)
                  : " -";
    text += "\n";
  }
  text += "end " + hex(fnv1a(text)) + "\n";
  const std::string name = file_name(members), temporary = name + ".tmp" + std::to_string(::getpid());
  UniqueFd fd(::openat(dir.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return;
  if (!write_all(fd.get(), text) || ::renameat(dir.get(), temporary.c_str(), dir.get(), name.c_str()) != 0)
    ::unlinkat(dir.get(), temporary.c_str(), 0);
}

}  // namespace burin
