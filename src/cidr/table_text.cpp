// The C side of a slot table: straight code, no loops, no calls but the one map lookup, at most 200 instructions.
// Written for the verifier of 4.14 as much as for speed; the comments in the text below say which line is there for
// whom.
#include "cidr/c_text.h"

namespace burin {
namespace {

using Hole = std::pair<std::string_view, std::string>;

/// Replaces each $NAME$ by its value.
std::string filled(std::string text, const std::vector<Hole>& holes) {
  for (const auto& [name, value] : holes) {
    const std::string mark = "$" + std::string(name) + "$";
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
      text.replace(at, mark.size(), value);
  }
  return text;
}

std::string number(std::uint64_t v) {
  return std::to_string(v) + "ULL";
}

unsigned fence_bytes(const SlotTable& t) {
  return t.width / 8;
}

/// "return 0" for keys outside of the block that holds all ranges.
std::string prefix_check(const SlotTable& t) {
  if (t.prefix_bits == 0) return {};
  const auto low = static_cast<std::uint64_t>(t.prefix);
  if (t.width != 128)
    return "  if ((a >> " + std::to_string(t.width - t.prefix_bits) + ") != " + number(low) + ") return 0;\n";
  if (t.prefix_bits <= 64)
    return "  if ((h >> " + std::to_string(64 - t.prefix_bits) + ") != " + number(low) + ") return 0;\n";
  const unsigned rest = t.prefix_bits - 64;
  const std::uint64_t high = static_cast<std::uint64_t>(t.prefix >> rest);
  const std::uint64_t tail = low & ((std::uint64_t{1} << rest) - 1);
  return "  if (h != " + number(high) + " || (l >> " + std::to_string(64 - rest) + ") != " + number(tail) +
         ") return 0;\n";
}

/// The expression whose lowest root_bits bits are those of the key that follow the prefix.
std::string root_window(const SlotTable& t) {
  const unsigned end = t.prefix_bits + t.root_bits;  // first bit behind the window, counted from the top
  if (t.width != 128) return "(a >> " + std::to_string(t.width - end) + ")";
  if (end <= 64) return "(h >> " + std::to_string(64 - end) + ")";
  if (t.prefix_bits >= 64) return "(l >> " + std::to_string(128 - end) + ")";
  return "((h << " + std::to_string(end - 64) + ") | (l >> " + std::to_string(128 - end) + "))";
}

constexpr char kNarrowLevel[] =
    R"(  if (w & 0x80000000ULL) { /* crowded slot: the next level lies over the span of its boundaries */
    u64 n = w & $SUB_MASK$, lo = t->sub[n].lo, i = 0;
    if (a >= lo) {
      u64 x = (a - lo) >> (t->sub[n].shift & 63);
      i = t->sub[n].last;
      if (x < i) i = x + 1;
    }
    i += t->sub[n].base;
    asm volatile("" : "+r"(i)); /* what is checked is what is used */
    if (i >= $SLOTS$) return 0; /* never; for the verifier */
    w = t->slot[i];
  }
)";

constexpr char kWideLevel[] =
    R"(  if (w & 0x80000000ULL) { /* crowded slot: the next level lies over the span of its boundaries */
    u64 n = w & $SUB_MASK$, lo_h = t->sub[n].hi, lo_l = t->sub[n].lo, i = 0;
    if (h > lo_h || (h == lo_h && l >= lo_l)) {
      u64 m = t->sub[n].shift, xl = l - lo_l, xh = h - lo_h - (l < lo_l);
      if (m > 63) xl = xh >> (m & 63);
      else if (xh >> m) xl = ~0ULL;
      else xl = (xl >> m) | (xh << 1 << (63 - m));
      i = t->sub[n].last;
      if (xl < i) i = xl + 1;
    }
    i += t->sub[n].base;
    asm volatile("" : "+r"(i)); /* what is checked is what is used */
    if (i >= $SLOTS$) return 0; /* never; for the verifier */
    w = t->slot[i];
  }
)";

// One search step looks at the boundary half a block ahead of j. IPv4: the sign of a 64-bit difference, no branch at
// all.
constexpr char kStep32[] = R"(  d = (u64)*(const u32 *)(p + j + $AHEAD$) - a;
  asm volatile("" : "+r"(d)); /* keeps clang from making a branch of it */
  j += d >> 63 << $LOG$;
)";
// 64 and 128 bits: a branch is cheaper than the arithmetic. The mask makes both ways look the same to the verifier,
// which then walks each step once; the asm keeps clang from proving the mask useless.
constexpr char kStep64[] = R"(  if (a > *(const u64 *)(p + j + $AHEAD$)) {
    asm volatile("" : "+r"(j));
    j = (j + $HALF$) & $MASK$;
  }
)";
constexpr char kStep128[] = R"(  f = (const u64 *)(p + j + $AHEAD$);
  if (h > f[0] || (h == f[0] && l > f[1])) {
    asm volatile("" : "+r"(j));
    j = (j + $HALF$) & $MASK$;
  }
)";

std::string search(const SlotTable& t) {
  const char* step = t.width == 32 ? kStep32 : t.width == 64 ? kStep64 : kStep128;
  const std::uint64_t bytes = fence_bytes(t);
  const std::uint64_t block = std::uint64_t{1} << t.steps;
  std::string out;
  if (t.width == 32) out += "  u64 d;\n";
  if (t.width == 128) out += "  const u64 *f;\n";
  for (unsigned s = t.steps; s-- > 0;) {
    const std::uint64_t half = std::uint64_t{1} << s;
    out += filled(step, {{"AHEAD", std::to_string((half - 1) * bytes)},
                         {"HALF", number(half * bytes)},
                         {"LOG", std::to_string(s + 2)},  // half * 4 bytes
                         {"MASK", number((2 * block - 1) * bytes)}});
  }
  return out;
}

}  // namespace

std::string table_declaration(const SlotTable& t, std::string_view name) {
  std::string out;
  const std::string prefix(name);
  if (t.subs > 0) out += "struct " + prefix + "_sub { u64 hi, lo; u32 shift, last, base, pad; };\n";
  out += "struct " + prefix + "_tab {\n";
  if (t.subs > 0) out += "  struct " + prefix + "_sub sub[" + std::to_string(t.subs) + "];\n";
  out += "  " + std::string(t.width == 32 ? "u32" : "u64") + " fence[" +
         std::to_string(t.fences * (t.width == 128 ? 2 : 1)) + "];\n";
  out += "  u32 slot[" + std::to_string(t.slots) + "];\n};\n";
  out += "BPF_ARRAY(" + prefix + "_map, struct " + prefix + "_tab, 1);\n";
  return out;
}

std::string table_lookup(const SlotTable& t, std::string_view name) {
  const std::uint64_t block = std::uint64_t{1} << t.steps, bytes = fence_bytes(t);
  std::string out = prefix_check(t) + R"(  int zero = 0;
  struct $NAME$_tab *t = $NAME$_map.lookup(&zero);
  if (!t) return 0; /* never: the map has one element */
  u64 s = $ROOT$;
  asm volatile("" : "+r"(s)); /* keeps clang from using what it knows of the key to change the mask */
  u64 w = t->slot[s & $ROOT_MASK$];
)";
  for (unsigned level = 1; level < t.levels; ++level) out += t.width == 128 ? kWideLevel : kNarrowLevel;
  // A settled slot needs no search: the count before it decides. With more steps than wanted, instructions are dearer
  // than the time of lists that nobody writes; the search then finds the same count, for every later boundary is above
  // the key.
  if (t.steps <= kWantedSteps)
    out += "  if (w & 0x40000000ULL) return w & 1; /* no boundary in this slot */\n";
  else
    out += "  w &= 0x3fffffffULL;\n";
  out += R"(  asm volatile("" : "+r"(w)); /* what is checked is what is used */
  if (w > $LAST$) return 0; /* never; for the verifier */
  const char *p = (const char *)t->fence + (w & ~$REST$) * $BYTES$;
  u64 j = (w & $REST$) * $BYTES$;
)";
  out += search(t) + "  return (j / $BYTES$) & 1;\n";
  return filled(out, {{"NAME", std::string(name)},
                      {"ROOT", root_window(t)},
                      {"ROOT_MASK", number((std::uint64_t{1} << t.root_bits) - 1)},
                      {"SUB_MASK", number(t.subs ? t.subs - 1 : 0)},
                      {"SLOTS", number(t.slots)},
                      {"LAST", number(t.fences - 2 * block)},
                      {"REST", number(block - 1)},
                      {"BYTES", number(bytes)}});
}

}  // namespace burin
