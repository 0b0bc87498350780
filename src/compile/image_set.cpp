#include "compile/image_set.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace burin {
namespace {

bool same(const ProgramSource& a, const ProgramSource& b) {
  const auto same_entry = [](const ProgramEntry& x, const ProgramEntry& y) {
    return x.function == y.function && x.type == y.type;
  };
  return a.lines == b.lines && a.text == b.text && a.defines == b.defines &&
         std::ranges::equal(a.programs, b.programs, same_entry);
}

constexpr std::size_t kMaxQuote = 120;  // characters of a line that a message shows

/// The line around `at`.
std::string line_at(std::string_view text, std::size_t at) {
  const auto newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const auto from = newline == std::string_view::npos ? 0 : newline + 1;
  return std::string(text.substr(from, std::min(text.find('\n', from) - from, kMaxQuote)));
}

std::string first_macro(const ProgramSource& ours, const ProgramSource& theirs) {
  const std::map<std::string, std::string> a(ours.defines.begin(), ours.defines.end());
  const std::map<std::string, std::string> b(theirs.defines.begin(), theirs.defines.end());
  for (const auto& [name, value] : a) {
    const auto it = b.find(name);
    if (it == b.end()) return name + " is " + value + " here, and the bundle has none";
    if (it->second != value) return name + " is " + value + " here and " + it->second + " in the bundle";
  }
  for (const auto& [name, value] : b)
    if (!a.contains(name)) return name + " is " + value + " in the bundle, and there is none here";
  return "the macros are in another order";
}

}  // namespace

const ProgramImage* ImageSet::find(const ProgramSource& source) const {
  const auto it = std::ranges::find_if(units_, [&](const CompiledUnit& u) { return same(u.source, source); });
  return it == units_.end() ? nullptr : &it->image;
}

std::string ImageSet::difference(const ProgramSource& source) const {
  const auto it = std::ranges::find_if(units_, [&](const CompiledUnit& u) { return u.source.name == source.name; });
  if (it == units_.end()) return "the bundle has no programs of " + source.name;
  if (it->source.text != source.text) {
    const auto at = std::ranges::mismatch(source.text, it->source.text).in1 - source.text.begin();
    return "this host needs \"" + line_at(source.text, static_cast<std::size_t>(at)) + "\" where the bundle has \"" +
           line_at(it->source.text, static_cast<std::size_t>(at)) + "\"";
  }
  if (it->source.defines != source.defines) return first_macro(source, it->source);
  return "the list of programs is another";
}

}  // namespace burin
