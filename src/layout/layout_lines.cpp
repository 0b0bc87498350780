#include "layout/layout_lines.h"

#include <algorithm>
#include <charconv>

#include "layout/private_file.h"

namespace burin {
namespace {

constexpr std::string_view kEnd = "end ";

bool is_member_path(std::string_view path) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.";
  return !path.empty() && path.size() <= 256 && path.find_first_not_of(kLetters) == std::string_view::npos;
}

template <class T>
bool take_number(std::string_view& rest, T& value) {
  if (rest.empty() || rest.front() != ' ') return false;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

}  // namespace

std::string layout_line(std::string_view path, const LayoutMember* place) {
  std::string line(path);
  if (place)
    line += " " + std::to_string(place->offset) + " " + std::to_string(place->size) + " " +
            std::to_string(place->shift) + " " + std::to_string(place->mask);
  else
    line += " -";
  return line += "\n";
}

std::optional<LayoutLine> parse_layout_line(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || !is_member_path(line.substr(0, space))) return std::nullopt;
  LayoutLine out{std::string(line.substr(0, space)), std::nullopt};
  std::string_view rest = line.substr(space);
  if (rest == " -") return out;
  LayoutMember place;
  if (!take_number(rest, place.offset) || !take_number(rest, place.size) || !take_number(rest, place.shift) ||
      !take_number(rest, place.mask) || !rest.empty())
    return std::nullopt;
  out.place = place;
  return out;
}

std::string with_end_mark(std::string text) {
  const std::string hash = fnv1a_hex(text);
  return std::move(text) + std::string(kEnd) + hash + "\n";
}

std::optional<std::string_view> before_end_mark(std::string_view text) {
  const auto at = text.rfind(kEnd);
  if (at == std::string_view::npos || (at > 0 && text[at - 1] != '\n')) return std::nullopt;
  if (text.substr(at) != std::string(kEnd) + fnv1a_hex(text.substr(0, at)) + "\n") return std::nullopt;
  return text.substr(0, at);
}

}  // namespace burin
