#include "layout/path_words.h"

#include <charconv>
#include <sstream>

namespace burin {
namespace {

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')) return false;
  return true;
}

tl::unexpected<Error> bad(std::string_view path, const std::string& why) {
  return fail(ErrorCode::InvalidPolicy, "\"" + std::string(path) + "\" is no path of members (a.b[3].c): " + why);
}

}  // namespace

Result<std::vector<PathWord>> path_words(std::string_view path) {
  std::vector<PathWord> out;
  std::string_view rest = path;
  while (true) {
    const auto dot = std::min(rest.find('.'), rest.size());
    std::string_view word = rest.substr(0, dot);
    PathWord& into = out.emplace_back();
    const auto open = std::min(word.find('['), word.size());
    into.member = word.substr(0, open);
    if (!into.member.empty() && !is_identifier(into.member))
      return bad(path, "\"" + into.member + "\" is no member's name");
    if (into.member.empty() && (out.size() > 1 || open == word.size())) return bad(path, "a member's name is missing");
    word.remove_prefix(open);
    while (!word.empty()) {
      const auto close = word.find(']');
      std::uint32_t index = 0;
      const std::string_view digits =
          close == std::string_view::npos || word[0] != '[' ? "" : word.substr(1, close - 1);
      const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size())
        return bad(path, "an index is a number in brackets");
      into.indexes.push_back(index);
      word.remove_prefix(close + 1);
    }
    if (dot == rest.size()) return out;
    rest.remove_prefix(dot + 1);
  }
}

std::string question_line(const BtfQuestion& q) {
  return std::to_string(static_cast<int>(q.from)) + " " + (q.name.empty() ? "-" : q.name) + " " +
         std::to_string(q.index) + " " + (q.module.empty() ? "-" : q.module) + " " + (q.path.empty() ? "-" : q.path);
}

std::string answer_line(const BtfPath& a) {
  std::string out = std::to_string(a.size) + " " + (a.is_signed ? "1" : "0") + " " + (a.in_place ? "1" : "0") + " " +
                    std::to_string(a.shift) + " " + std::to_string(a.mask) + " " + (a.type.empty() ? "-" : a.type) +
                    " " + std::to_string(a.parameters);
  for (const auto& s : a.steps) out += " " + std::to_string(s.offset) + (s.follow ? ">" : "+");
  return out;
}

bool parse_answer(std::string_view line, BtfPath& a) {
  std::istringstream in{std::string(line)};
  int is_signed = 0, in_place = 0;
  if (!(in >> a.size >> is_signed >> in_place >> a.shift >> a.mask >> a.type >> a.parameters)) return false;
  a.is_signed = is_signed != 0;
  a.in_place = in_place != 0;
  if (a.type == "-") a.type.clear();
  for (std::string word; in >> word;) {
    ReadStep step;
    const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), step.offset);
    if (ec != std::errc{} || end + 1 != word.data() + word.size() || (*end != '>' && *end != '+')) return false;
    step.follow = *end == '>';
    a.steps.push_back(step);
  }
  return true;
}

}  // namespace burin
