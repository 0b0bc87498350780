// The list of operators: one line each, in the order of the reference page.
#include <utility>

#include "operators/builtin.h"

namespace burin {
namespace {

std::span<const Operator> table() {
  static const Operator operators[] = {
      op_saddr(),
      op_not_saddr(),
      op_daddr(),
      op_not_daddr(),
      op_sport(),
      op_not_sport(),
      op_dport(),
      op_not_dport(),
      op_sport_priv(),
      op_not_sport_priv(),
      op_dport_priv(),
      op_not_dport_priv(),
      op_protocol(),
      op_not_protocol(),
      op_family(),
      op_not_family(),
      op_state(),
      op_not_state(),
      op_equal(),
      op_not_equal(),
      op_gt(),
      op_greater_than(),
      op_lt(),
      op_less_than(),
      op_mask(),
      op_in_range(),
      op_not_in_range(),
      op_in_map(),
      op_not_in_map(),
      op_prefix(),
      op_not_prefix(),
      op_postfix(),
      op_not_postfix(),
      op_substring(),
      op_substring_ign_case(),
      op_file_type(),
      op_not_file_type(),
      op_capabilities_gained(),
      op_cel_expr(),
  };
  return operators;
}

}  // namespace

std::span<const Operator> all_operators() {
  return table();
}

const Operator* find_operator(std::string_view name) {
  // Names of which Tetragon's schema has one spelling and its documentation another.
  static constexpr std::pair<std::string_view, std::string_view> kOther[] = {
      {"NotSportPriv", "NotSPortPriv"}, {"SubStringIgnoreCase", "SubStringIgnCase"}, {"gt", "GT"}, {"lt", "LT"}};
  for (const auto& [spelling, canonical] : kOther)
    if (name == spelling) name = canonical;
  for (const Operator& op : table())
    if (op.name == name) return &op;
  return nullptr;
}

}  // namespace burin
