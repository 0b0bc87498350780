// Steps through BTF types, for the two who look members up. libbpf parses the type list; the walk through members is
// ours because it must look through anonymous structs and unions and turn bit-fields into a unit to read, a shift and a
// mask.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/layout_table.h"

struct btf;
struct btf_type;

namespace burin {

/// Where a member lies from the start of the structure it is looked up in.
struct BtfPlace {
  std::uint64_t bit = 0;
  std::uint32_t type = 0;
  std::uint32_t bitfield = 0;  ///< width, 0 = not a bit-field
};

/// The type behind typedefs and qualifiers; null when the chain is broken.
const btf_type* btf_behind(const btf* types, std::uint32_t id);
/// Adds the member's place to `place`; anonymous members are looked through.
bool find_btf_member(const btf* types, const btf_type* in, std::string_view name, BtfPlace& place, int depth = 0);
/// The smallest naturally aligned unit that holds all bits: it never reaches beyond the structure.
std::optional<LayoutMember> bitfield_member(const BtfPlace& place);
/// Names of all members, those of anonymous members too.
void btf_member_names(const btf* types, const btf_type* in, std::vector<std::string>& out, int depth = 0);

}  // namespace burin
