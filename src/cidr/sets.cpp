// Sets as values: building, normal form, and the reference membership that generated C is tested against.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>

#include "cidr/cidr.h"

namespace burin {
namespace {

template <class Range>
void merge(std::vector<Range>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.lo < b.lo; });
  std::vector<Range> out;
  for (const Range& r : ranges) {
    // Adjacent when lo - 1 <= last.hi; r.lo > out.back().hi here, so r.lo - 1 does not wrap.
    if (!out.empty() && (r.lo <= out.back().hi || r.lo - 1 == out.back().hi))
      out.back().hi = std::max(out.back().hi, r.hi);
    else
      out.push_back(r);
  }
  ranges = std::move(out);
}

template <class Range, class Number>
bool in_ranges(const std::vector<Range>& ranges, Number value) {
  auto it = std::upper_bound(ranges.begin(), ranges.end(), value, [](Number v, const Range& r) { return v < r.lo; });
  return it != ranges.begin() && value <= std::prev(it)->hi;
}

std::string address_text(u128 value, bool is_v4) {
  std::array<std::uint8_t, 16> bytes{};
  const unsigned size = is_v4 ? 4 : 16;
  for (unsigned i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

}  // namespace

void add(AddressSet& set, const ParsedAddress& parsed) {
  if (parsed.error.empty()) (parsed.is_v4 ? set.v4 : set.v6).push_back(parsed.range);
}

void normalise(AddressSet& set) {
  merge(set.v4);
  merge(set.v6);
}

void normalise(NumberSet& set) {
  merge(set.ranges);
}

std::string to_text(const AddressRange& range, bool is_v4) {
  const unsigned bits = is_v4 ? 32 : 128;
  if (range.lo == range.hi) return address_text(range.lo, is_v4);
  const u128 host = range.lo ^ range.hi;
  unsigned host_bits = 0;
  while (host_bits < 128 && (host >> host_bits) != 0) ++host_bits;
  const bool cidr = (host & (host + 1)) == 0 && (range.lo & host) == 0;
  if (cidr) return address_text(range.lo, is_v4) + "/" + std::to_string(bits - host_bits);
  return address_text(range.lo, is_v4) + "-" + address_text(range.hi, is_v4);
}

bool is_ip_family(std::uint16_t family) {
  return family == AF_INET || family == AF_INET6;
}

bool contains(const AddressSet& set, std::uint16_t family, const AddressBytes& bytes) {
  u128 value = 0;
  if (family == AF_INET) {
    for (unsigned i = 0; i < 4; ++i) value = value << 8 | bytes[i];
    return in_ranges(set.v4, value);
  }
  if (family != AF_INET6) return false;
  for (std::uint8_t b : bytes) value = value << 8 | b;
  if (value >> 32 == 0xffff) return in_ranges(set.v4, u128{static_cast<std::uint32_t>(value)});
  return in_ranges(set.v6, value);
}

bool contains(const NumberSet& set, std::uint64_t pattern) {
  return in_ranges(set.ranges, pattern);
}

MatchShape shape_of(const std::vector<AddressRange>& ranges, bool is_v4) {
  if (ranges.empty()) return MatchShape::Empty;
  const u128 all = is_v4 ? u128{0xffffffff} : ~u128{0};
  if (ranges.size() == 1 && ranges[0].lo == 0 && ranges[0].hi == all) return MatchShape::All;
  return ranges.size() <= kInlineRanges ? MatchShape::Inline : MatchShape::SlotTable;
}

}  // namespace burin
