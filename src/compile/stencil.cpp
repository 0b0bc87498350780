#include "compile/stencil.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>

namespace burin {
namespace {

constexpr int kOffsetShift = 16, kImmediateShift = 32;  // struct bpf_insn as a little-endian word

using Values = std::map<std::string_view, std::string_view>;

Values values_of(const ProgramSource& source) {
  return {source.defines.begin(), source.defines.end()};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_programs(const ProgramSource& a, const ProgramSource& b) {
  return std::ranges::equal(a.programs, b.programs, [](const ProgramEntry& x, const ProgramEntry& y) {
    return x.function == y.function && x.type == y.type;
  });
}

template <class T>
bool put(std::uint64_t& insn, int shift, std::int64_t value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  using Bits = std::make_unsigned_t<T>;
  const std::uint64_t mask = std::uint64_t{std::numeric_limits<Bits>::max()} << shift;
  insn = (insn & ~mask) | (std::uint64_t{static_cast<Bits>(value)} << shift);
  return true;
}

}  // namespace

std::optional<ProgramImage> fill(const Stencil& stencil, const ProgramSource& source) {
  // Cheap comparisons first: most stencils are for something else.
  if (source.defines.size() != stencil.source.defines.size() + stencil.holes.size() ||
      source.lines != stencil.source.lines || source.text != stencil.source.text ||
      !same_programs(source, stencil.source))
    return std::nullopt;
  const Values given = values_of(source);
  for (const auto& [name, value] : stencil.source.defines) {
    const auto it = given.find(name);
    if (it == given.end() || it->second != value) return std::nullopt;
  }
  std::vector<std::int64_t> numbers;
  for (const auto& hole : stencil.holes) {
    const auto it = given.find(hole);
    const auto number = it == given.end() ? std::nullopt : number_of(it->second);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  ProgramImage image = stencil.image;
  for (const auto& place : stencil.places) {
    std::int64_t value = place.addend;
    for (const auto& term : place.terms) value += term.minus ? -numbers[term.hole] : numbers[term.hole];
    std::uint64_t& insn = image.programs[place.program].insns[place.insn];
    const bool fits = place.part == StencilPlace::Part::Offset ? put<std::int16_t>(insn, kOffsetShift, value)
                                                               : put<std::int32_t>(insn, kImmediateShift, value);
    if (!fits) return std::nullopt;
  }
  if (const auto version = given.find("LINUX_VERSION_CODE"); version != given.end())
    for (auto& program : image.programs)
      program.kern_version = static_cast<std::uint32_t>(number_of(version->second).value_or(0));
  return image;
}

}  // namespace burin
