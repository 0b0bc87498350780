// Inline compares. All arithmetic is unsigned and 64 bits wide: BCC emits BPF's first instruction set, which has no
// 32-bit compares and would mask every u32 with two shifts.
#include <bit>

#include "cidr/c_text.h"

namespace burin {
namespace {

std::string hex(std::uint64_t v) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  do out.insert(out.begin(), kDigits[v & 15]);
  while (v >>= 4);
  return "0x" + out + "ULL";
}

std::uint64_t high(u128 v) {
  return static_cast<std::uint64_t>(v >> 64);
}
std::uint64_t low(u128 v) {
  return static_cast<std::uint64_t>(v);
}

/// Host bits when the range is one aligned block, else -1.
int block_bits(const AddressRange& r) {
  const u128 host = r.lo ^ r.hi;
  if ((host & (host + 1)) != 0 || (r.lo & host) != 0) return -1;
  return host == ~u128{0} ? 128 : std::popcount(high(host)) + std::popcount(low(host));
}

std::string line(const std::string& condition) {
  return "  if (" + condition + ") return 1;\n";
}

}  // namespace

std::string narrow_compares(const std::vector<AddressRange>& ranges, unsigned width) {
  std::string out;
  for (const AddressRange& r : ranges) {
    const int bits = block_bits(r);
    if (bits == 0)
      out += line("a == " + hex(low(r.lo)));
    else if (bits > 0 && bits < static_cast<int>(width))
      out += line("(a >> " + std::to_string(bits) + ") == " + hex(low(r.lo) >> bits));
    else  // a below lo wraps to more than any span
      out += line("a - " + hex(low(r.lo)) + " <= " + hex(low(r.hi - r.lo)));
  }
  return out;
}

std::string wide_compares(const std::vector<AddressRange>& ranges) {
  std::string out;
  for (const AddressRange& r : ranges) {
    const int bits = block_bits(r);
    const std::string h = hex(high(r.lo));
    if (bits == 0)
      out += line("h == " + h + " && l == " + hex(low(r.lo)));
    else if (bits > 0 && bits < 64)
      out += line("h == " + h + " && (l >> " + std::to_string(bits) + ") == " + hex(low(r.lo) >> bits));
    else if (bits == 64)
      out += line("h == " + h);
    else if (bits > 64 && bits < 128)
      out += line("(h >> " + std::to_string(bits - 64) + ") == " + hex(high(r.lo) >> (bits - 64)));
    else
      out += line("(h > " + h + " || (h == " + h + " && l >= " + hex(low(r.lo)) + ")) && (h < " + hex(high(r.hi)) +
                  " || (h == " + hex(high(r.hi)) + " && l <= " + hex(low(r.hi)) + "))");
  }
  return out;
}

}  // namespace burin
