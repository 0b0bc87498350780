// Pieces of C text for sets: inline compares and the lookup in a slot table.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cidr/slot_table.h"
#include "model/operand.h"

namespace burin {

/// Lines `if (...) return 1;` for a key of up to 64 bits in the u64 variable `a`, of `width` bits.
std::string narrow_compares(const std::vector<AddressRange>& ranges, unsigned width);
/// The same for a 128-bit key in the u64 variables `h` and `l`.
std::string wide_compares(const std::vector<AddressRange>& ranges);

/// Declaration of the table's struct and BCC map; `name` prefixes both (the map is NAME_map).
std::string table_declaration(const SlotTable& table, std::string_view name);
/// The function body that answers from the table, from the key in `a` (width <= 64) or in `h` and `l` (128).
std::string table_lookup(const SlotTable& table, std::string_view name);

}  // namespace burin
