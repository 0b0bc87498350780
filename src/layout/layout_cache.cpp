// Text form: two header lines, one line a member ("path offset size shift mask", or "path -" for a member that the
// kernel does not have), and a last line with the FNV-1a hash of all before it, which catches truncation and edits by
// accident.
#include "layout/layout_cache.h"

#include <sstream>

#include "layout/private_file.h"

namespace burin {
namespace {

constexpr const char* kMagic = "burin layout 1";
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
  return "layout-" + fnv1a_hex(header() + joined(members));
}

std::optional<LayoutTable> LayoutCache::load(const std::vector<std::string>& members) const {
  const UniqueFd dir = open_private_dir(dir_, false);
  if (!dir) return std::nullopt;
  const std::string text = read_private_file(dir.get(), file_name(members));
  const auto last = text.rfind("end ");
  if (last == std::string::npos ||
      text.substr(last) != "end " + fnv1a_hex(std::string_view(text).substr(0, last)) + "\n")
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
  const UniqueFd dir = open_private_dir(dir_, true);
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
  text += "end " + fnv1a_hex(text) + "\n";
  write_private_file(dir.get(), file_name(members), text);
}

}  // namespace burin
