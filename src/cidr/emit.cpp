// Sets to C: picks the shape and puts text, maps and contents together.
#include "cidr/c_text.h"
#include "cidr/cidr.h"
#include "cidr/slot_table.h"

namespace burin {
namespace {

/// Adds `static __always_inline int FUNCTION(PARAMETERS)`; `preamble` brings the key into `a`, or `h` and `l`.
Result<> emit_function(AddressSetCode& code, const std::vector<AddressRange>& ranges, unsigned width,
                       const std::string& function, const std::string& parameters, const std::string& preamble) {
  std::string body;
  const u128 all = width == 128 ? ~u128{0} : (u128{1} << width) - 1;
  if (ranges.empty()) {
    body = "  return 0;\n";
  } else if (ranges.size() == 1 && ranges[0].lo == 0 && ranges[0].hi == all) {
    body = "  return 1;\n";
  } else if (ranges.size() <= kInlineRanges) {
    body = preamble + (width == 128 ? wide_compares(ranges) : narrow_compares(ranges, width)) + "  return 0;\n";
  } else {
    auto table = build_slot_table(ranges, width, kMaxTableBytes);
    if (!table) return in_context(table.error(), "building the lookup table of a set");
    code.maps += table_declaration(*table, function);
    body = preamble + table_lookup(*table, function);
    code.inits.push_back({function + "_map", {{std::vector<std::byte>(4), std::move(table->value)}}});
  }
  code.functions += "static __always_inline int " + function + "(" + parameters + ") {\n" + body + "}\n";
  return Ok{};
}

}  // namespace

Result<AddressSetCode> emit(const AddressSet& set, std::string_view name) {
  AddressSetCode code;
  const std::string n(name);
  TRY_OK(emit_function(code, set.v4, 32, n + "_v4", "u32 key", "  u64 a = key;\n"));
  TRY_OK(emit_function(code, set.v6, 128, n + "_v6", "u64 h, u64 l", ""));
  code.functions += "static __always_inline int " + n + "_any(const u64 bytes[2], u16 family) {\n" +
                    "  u32 v4 = 0;\n  u64 hi = 0, lo = 0;\n"
                    "  int kind = burin_ip(bytes, family, &v4, &hi, &lo);\n"
                    "  if (kind == 4) return " +
                    n + "_v4(v4);\n" + "  if (kind == 6) return " + n + "_v6(hi, lo);\n" + "  return -1;\n}\n";
  return code;
}

Result<NumberSetCode> emit_numbers(const NumberSet& set, std::string_view name) {
  std::vector<AddressRange> ranges;
  ranges.reserve(set.ranges.size());
  for (const NumberRange& r : set.ranges) ranges.push_back({r.lo, r.hi});
  AddressSetCode code;
  TRY_OK(emit_function(code, ranges, 64, std::string(name), "u64 a", ""));
  return NumberSetCode{std::move(code.maps), std::move(code.functions), std::move(code.inits)};
}

}  // namespace burin
