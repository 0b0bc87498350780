// Text form: two header lines, then the lines and the end mark of layout_lines.h.
#include "layout/layout_cache.h"

#include <sstream>

#include "layout/layout_lines.h"
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
  const auto body = before_end_mark(text);
  if (!body || !body->starts_with(header())) return std::nullopt;
  std::istringstream lines{std::string(body->substr(header().size()))};
  LayoutTable table;
  table.source = "btf";
  std::string text_line;
  for (const auto& member : members) {
    if (!std::getline(lines, text_line)) return std::nullopt;
    const auto line = parse_layout_line(text_line);
    if (!line || line->path != member) return std::nullopt;
    if (line->place) table.members.emplace(member, *line->place);
  }
  return std::getline(lines, text_line) ? std::nullopt : std::optional(std::move(table));
}

void LayoutCache::store(const std::vector<std::string>& members, const LayoutTable& table) const {
  const UniqueFd dir = open_private_dir(dir_, true);
  if (!dir) return;
  std::string text = header();
  for (const auto& member : members) {
    if (member.find_first_of(" \t\r\n") != std::string::npos) return;
    text += layout_line(member, table.find(member));
  }
  write_private_file(dir.get(), file_name(members), with_end_mark(std::move(text)));
}

}  // namespace burin
