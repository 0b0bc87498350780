#include "layout/btf_walk.h"

#include <bpf/btf.h>

#include <bit>

namespace burin {
namespace {

/// Deeper nesting of anonymous members or typedefs than this is a broken file (the kernel has at most a handful).
constexpr int kDeepest = 32;

}  // namespace

const btf_type* btf_behind(const btf* types, std::uint32_t id) {
  for (int depth = 0; depth < kDeepest; ++depth) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!type || !(btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))) return type;
    id = type->type;
  }
  return nullptr;
}

bool find_btf_member(const btf* types, const btf_type* in, std::string_view name, BtfPlace& place, int depth) {
  if (!in || !btf_is_composite(in) || depth > kDeepest) return false;
  for (std::uint32_t i = 0; i < btf_vlen(in); ++i) {
    const btf_member& member = btf_members(in)[i];
    const char* text = btf__name_by_offset(types, member.name_off);
    const std::string_view member_name = text ? text : "";
    const std::uint64_t bit = place.bit + btf_member_bit_offset(in, i);
    if (member_name == name) {
      place = {bit, member.type, btf_member_bitfield_size(in, i)};
      return true;
    }
    if (member_name.empty()) {
      BtfPlace inside{bit, 0, 0};
      if (find_btf_member(types, btf_behind(types, member.type), name, inside, depth + 1)) {
        place = inside;
        return true;
      }
    }
  }
  return false;
}

std::optional<LayoutMember> bitfield_member(const BtfPlace& place) {
  for (std::uint32_t size = 1; size <= 8; size *= 2) {
    const std::uint64_t unit_bits = size * 8, start = place.bit / unit_bits * unit_bits, from = place.bit - start;
    if (from + place.bitfield > unit_bits) continue;
    LayoutMember member;
    member.offset = static_cast<std::uint32_t>(start / 8);
    member.size = size;
    // BTF counts bits from the most significant end on big-endian machines.
    member.shift = static_cast<std::uint32_t>(
        std::endian::native == std::endian::little ? from : unit_bits - from - place.bitfield);
    member.mask = place.bitfield == 64 ? ~0ull : (1ull << place.bitfield) - 1;
    return member;
  }
  return std::nullopt;
}

void btf_member_names(const btf* types, const btf_type* in, std::vector<std::string>& out, int depth) {
  if (!in || !btf_is_composite(in) || depth > kDeepest) return;
  for (std::uint32_t i = 0; i < btf_vlen(in); ++i) {
    const btf_member& member = btf_members(in)[i];
    const char* text = btf__name_by_offset(types, member.name_off);
    if (text && *text)
      out.emplace_back(text);
    else
      btf_member_names(types, btf_behind(types, member.type), out, depth + 1);
  }
}

}  // namespace burin
