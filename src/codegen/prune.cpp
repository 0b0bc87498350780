#include "codegen/prune.h"

#include <cctype>
#include <charconv>
#include <map>
#include <string_view>

namespace burin {
namespace {

constexpr std::string_view kFunction = "static __always_inline ";
constexpr std::string_view kMark = " /*@";

/// A run of lines: one function that can be left out, or text that stays.
struct Block {
  std::size_t first = 0, end = 0;  ///< lines [first, end)
  std::string_view name;           ///< empty: it stays
  bool needed = false;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

std::string_view without_mark(std::string_view line) {
  return line.substr(0, line.rfind(kMark));
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// "static __always_inline u64 NAME(" -> NAME.
std::string_view function_name(std::string_view line) {
  const std::size_t open = line.find('(');
  if (!line.starts_with(kFunction) || open == std::string_view::npos) return {};
  std::size_t from = open;
  while (from > 0 && is_word(line[from - 1])) --from;
  return line.substr(from, open - from);
}

/// The line behind the function that begins at `first`; `first` when its end, or that of a conditional that it opened,
/// is not clear.
std::size_t function_end(const std::vector<std::string_view>& lines, std::size_t first) {
  const std::string_view head = without_mark(lines[first]);
  if (head.ends_with("}")) return first + 1;
  int conditionals = 0;
  for (std::size_t i = first + 1; i < lines.size(); ++i) {
    if (lines[i].starts_with("#if")) ++conditionals;
    if (lines[i].starts_with("#endif")) --conditionals;
    if (conditionals < 0 || (conditionals == 0 && lines[i].starts_with("#e") && !lines[i].starts_with("#endif")))
      return first;
    if (lines[i].starts_with("}")) return conditionals == 0 ? i + 1 : first;
    if (!function_name(lines[i]).empty()) return first;
  }
  return first;
}

/// Where the comment that ends right above `first` begins; `first` when there is none.
std::size_t comment_above(const std::vector<std::string_view>& lines, std::size_t first, std::size_t floor) {
  if (first == floor || !lines[first - 1].ends_with("*/") || lines[first - 1].rfind(kMark) != std::string_view::npos)
    return first;
  for (std::size_t i = first; i-- > floor;) {
    if (lines[i].starts_with("/*")) return i;
    if (lines[i].empty() || lines[i].find("*/") < lines[i].size() - 2) return first;
  }
  return first;
}

std::vector<Block> blocks_of(const std::vector<std::string_view>& lines) {
  std::vector<Block> out;
  std::size_t stays_from = 0;
  for (std::size_t i = 0; i < lines.size();) {
    const std::string_view name = function_name(lines[i]);
    const std::size_t end = name.empty() ? i : function_end(lines, i);
    if (end == i) {
      ++i;
      continue;
    }
    const std::size_t begin = comment_above(lines, i, stays_from);
    if (begin > stays_from) out.push_back({stays_from, begin, {}, true});
    out.push_back({begin, end, name, false});
    i = stays_from = end;
  }
  if (stays_from < lines.size()) out.push_back({stays_from, lines.size(), {}, true});
  return out;
}

/// Marks what the block at `at` names, and what that names in turn.
class Reach {
 public:
  Reach(const std::vector<std::string_view>& lines, std::vector<Block>& blocks) : lines_(lines), blocks_(blocks) {
    // The same function may stand in both branches of a conditional.
    for (auto& block : blocks)
      if (!block.name.empty()) by_name_.emplace(block.name, &block);
  }

  void run() {
    for (auto& block : blocks_)
      if (block.name.empty()) follow(block);
    while (!open_.empty()) {
      const Block& block = *open_.back();
      open_.pop_back();
      follow(block);
    }
  }

 private:
  void follow(const Block& block) {
    for (std::size_t i = block.first; i < block.end; ++i) {
      const std::string_view line = lines_[i];
      for (std::size_t at = 0; at < line.size();) {
        if (!is_word(line[at])) {
          ++at;
          continue;
        }
        const std::size_t from = at;
        while (at < line.size() && is_word(line[at])) ++at;
        take(line.substr(from, at - from));
      }
    }
  }

  void take(std::string_view word) {
    const auto [from, to] = by_name_.equal_range(word);
    for (auto it = from; it != to; ++it) {
      if (it->second->needed) continue;
      it->second->needed = true;
      open_.push_back(it->second);
    }
  }

  const std::vector<std::string_view>& lines_;
  std::vector<Block>& blocks_;
  std::multimap<std::string_view, Block*> by_name_;
  std::vector<Block*> open_;
};

}  // namespace

void drop_unused_functions(std::string& text, std::vector<OriginLine>& origins) {
  const auto lines = lines_of(text);
  auto blocks = blocks_of(lines);
  Reach(lines, blocks).run();
  std::string out;
  out.reserve(text.size());
  std::vector<OriginLine> kept;
  bool blank = false;  // two functions that are gone leave two empty lines
  for (const auto& block : blocks) {
    if (!block.needed) continue;
    for (std::size_t i = block.first; i < block.end; ++i) {
      std::string_view line = lines[i];
      if (line.empty() && blank) continue;
      blank = line.empty();
      const std::size_t mark = line.rfind(kMark);
      std::uint32_t id = 0;
      if (mark != std::string_view::npos)
        std::from_chars(line.data() + mark + kMark.size(), line.data() + line.size(), id);
      out.append(line.substr(0, mark));
      if (id > 0 && id <= origins.size()) {
        kept.push_back(std::move(origins[id - 1]));
        kept.back().id = static_cast<std::uint32_t>(kept.size());
        out.append(kMark).append(std::to_string(kept.size())).append("*/");
      }
      out.push_back('\n');
    }
  }
  text = std::move(out);
  origins = std::move(kept);
}

}  // namespace burin
