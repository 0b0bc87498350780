// SubString: the automaton of Aho and Corasick. One table look-up a byte, however many values there are; eight bytes an
// iteration, so that the verifier's walk over 4096 bytes stays short (measured in docs/adr/0004-text-sets.md).
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>

#include "text/compare_code.h"

namespace burin {
namespace {

constexpr std::uint32_t kNoState = 0xffffffff;

/// Bytes that no value tells apart share a column of the table.
struct Classes {
  std::array<std::uint8_t, 256> of{};
  std::size_t count = 1;  ///< class 0: bytes that are in no value
  int filler = -1;        ///< a byte of class 0; -1 when there is none
};

unsigned index(char c) {
  return static_cast<unsigned char>(c);
}

Classes classes_of(const std::vector<std::string>& values, bool fold) {
  std::array<bool, 256> used{};
  for (const auto& v : values)
    for (const char c : v) used[index(c)] = true;
  Classes out;
  std::size_t next = 1;
  for (unsigned c = 0; c < 256; ++c)
    if (used[c]) out.of[c] = static_cast<std::uint8_t>(next++);
  if (fold)
    for (unsigned c = 'A'; c <= 'Z'; ++c) out.of[c] = out.of[c + ('a' - 'A')];
  out.count = next;
  for (unsigned c = 0; c < 256 && out.filler < 0; ++c)
    if (!used[c] && out.of[c] == 0) out.filler = static_cast<int>(c);
  return out;
}

/// State 0 is the start, state 1 "found", which is never left.
struct Automaton {
  std::vector<std::vector<std::uint32_t>> next;  ///< state, class
};

Automaton build(const std::vector<std::string>& values, const Classes& classes) {
  Automaton a;
  const auto state = [&] {
    a.next.emplace_back(classes.count, kNoState);
    return static_cast<std::uint32_t>(a.next.size() - 1);
  };
  state();
  const std::uint32_t found = state();
  a.next[found].assign(classes.count, found);
  for (const auto& value : values) {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < value.size() && at != found; ++i) {
      const std::uint8_t c = classes.of[index(value[i])];
      const bool last = i + 1 == value.size();
      if (last) {
        a.next[at][c] = found;  // what was deeper cannot be reached any more, nor need it be
      } else if (a.next[at][c] == kNoState) {
        const std::uint32_t fresh = state();
        a.next[at][c] = fresh;
      }
      at = a.next[at][c];
    }
  }
  // Breadth first: where a text goes that leaves the trie is known from the state of its longest proper suffix.
  std::vector<std::uint32_t> suffix(a.next.size(), 0);
  std::deque<std::uint32_t> queue;
  for (auto& n : a.next[0]) {
    if (n == kNoState)
      n = 0;
    else if (n != found)
      queue.push_back(n);
  }
  while (!queue.empty()) {
    const std::uint32_t at = queue.front();
    queue.pop_front();
    for (std::size_t c = 0; c < classes.count; ++c) {
      const std::uint32_t behind = a.next[suffix[at]][c];
      std::uint32_t& n = a.next[at][c];
      if (n == kNoState || behind == found) {
        n = behind;
      } else if (n != found) {
        suffix[n] = behind;
        queue.push_back(n);
      }
    }
  }
  return a;
}

constexpr std::string_view kLoop = R"(  u32 zero = 0, n = t->len;
  struct $NAME$_tab *tab = $NAME$_map.lookup(&zero);
  if (!tab) return 0; /* never: the map has one element */
  u64 at = n & (BURIN_TEXT_MAX - 1), state = 0;
  asm volatile("" : "+r"(at));
  *(u64 *)(t->b + at) = $FILLER$; /* behind the text, bytes that are in no value */
#pragma clang loop unroll(disable)
  for (u64 i = 0; i < BURIN_TEXT_MAX; i += 8) {
    asm volatile("" : "+r"(i));
    if (i >= n) break;
    u64 w = *(const u64 *)(t->b + i);
)";
constexpr std::string_view kStep =
    "    state = tab->next[(state + tab->cls[$BYTE$]) & $MASK$];\n"
    "    asm volatile(\"\" : \"+r\"(state));\n";

std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& holes) {
  std::string out(text);
  for (const auto& [hole, value] : holes)
    for (std::size_t at = 0; (at = out.find(hole, at)) != std::string::npos; at += value.size())
      out.replace(at, hole.size(), value);
  return out;
}

std::size_t power_of_two(std::size_t n) {
  std::size_t out = 1;
  while (out < n) out *= 2;
  return out;
}

}  // namespace

Result<std::string> search_body(const std::vector<std::string>& values, bool fold, std::string_view name,
                                TextSetCode& code) {
  const Classes classes = classes_of(values, fold);
  if (classes.filler < 0)
    return fail(ErrorCode::Unsupported, "substrings that together use all 256 bytes: one must be left over");
  const Automaton automaton = build(values, classes);
  // A state is the index of its row's first cell, so that a step is one addition.
  const std::size_t width = classes.count, cells = automaton.next.size() * width, size = power_of_two(cells);
  const std::size_t bytes = 256 + size * sizeof(std::uint32_t);
  if (bytes > kMaxSearchBytes)
    return fail(ErrorCode::Unsupported, std::to_string(values.size()) + " substrings need " +
                                            std::to_string(automaton.next.size()) + " states of " +
                                            std::to_string(width) + " kinds of bytes, " + std::to_string(bytes) +
                                            " bytes; a map's value holds " + std::to_string(kMaxSearchBytes));
  std::vector<std::byte> value(bytes);
  std::memcpy(value.data(), classes.of.data(), 256);
  for (std::size_t s = 0; s < automaton.next.size(); ++s)
    for (std::size_t c = 0; c < width; ++c) {
      const auto to = static_cast<std::uint32_t>(automaton.next[s][c] * width);
      std::memcpy(value.data() + 256 + (s * width + c) * sizeof to, &to, sizeof to);
    }
  const std::string n(name);
  code.maps += "struct " + n + "_tab { u8 cls[256]; u32 next[" + std::to_string(size) + "]; };\nBPF_ARRAY(" + n +
               "_map, struct " + n + "_tab, 1);\n";
  code.inits.push_back({n + "_map", {{std::vector<std::byte>(4), std::move(value)}}});
  std::string out = filled(
      kLoop,
      {{"$NAME$", n},
       {"$FILLER$", std::to_string(0x0101010101010101ULL * static_cast<std::uint64_t>(classes.filler)) + "ULL"}});
  for (unsigned i = 0; i < 8; ++i) {
    const std::string shift = std::to_string(8 * i);
    out += filled(kStep, {{"$BYTE$", i == 0   ? "w & 255"
                                     : i == 7 ? "w >> 56"
                                              : "(w >> " + shift + ") & 255"},
                          {"$MASK$", std::to_string(size - 1)}});
  }
  return out + "  }\n  return state == " + std::to_string(width) + ";\n";
}

}  // namespace burin
