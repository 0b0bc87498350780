// The list of operators: one line each, in the order of the reference page.
#include "operators/builtin.h"

namespace burin {
namespace {

std::span<const Operator> table() {
  static const Operator operators[] = {
      op_saddr(),    op_not_saddr(),    op_daddr(),        op_not_daddr(),      op_sport(),      op_not_sport(),
      op_dport(),    op_not_dport(),    op_sport_priv(),   op_not_sport_priv(), op_dport_priv(), op_not_dport_priv(),
      op_protocol(), op_not_protocol(), op_family(),       op_not_family(),     op_state(),      op_not_state(),
      op_equal(),    op_not_equal(),    op_gt(),           op_greater_than(),   op_lt(),         op_less_than(),
      op_mask(),     op_in_range(),     op_not_in_range(), op_in_map(),         op_not_in_map(),
  };
  return operators;
}

}  // namespace

std::span<const Operator> all_operators() {
  return table();
}

const Operator* find_operator(std::string_view name) {
  // Tetragon's schema has only this spelling, its documentation only the other.
  if (name == "NotSportPriv") name = "NotSPortPriv";
  for (const Operator& op : table())
    if (op.name == name) return &op;
  return nullptr;
}

}  // namespace burin
