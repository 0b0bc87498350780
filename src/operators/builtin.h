// The operators that are built in, one factory each; all.cpp lists them.
#pragma once
#include "operators/operator.h"

namespace burin {

Operator op_saddr();
Operator op_not_saddr();
Operator op_daddr();
Operator op_not_daddr();
Operator op_sport();
Operator op_not_sport();
Operator op_dport();
Operator op_not_dport();
Operator op_sport_priv();
Operator op_not_sport_priv();
Operator op_dport_priv();
Operator op_not_dport_priv();
Operator op_protocol();
Operator op_not_protocol();
Operator op_family();
Operator op_not_family();
Operator op_state();
Operator op_not_state();
Operator op_equal();
Operator op_not_equal();
Operator op_gt();
Operator op_greater_than();
Operator op_lt();
Operator op_less_than();
Operator op_mask();
Operator op_in_range();
Operator op_not_in_range();
Operator op_in_map();
Operator op_not_in_map();
Operator op_prefix();
Operator op_not_prefix();
Operator op_postfix();
Operator op_not_postfix();
Operator op_substring();
Operator op_substring_ign_case();
Operator op_file_type();
Operator op_not_file_type();
Operator op_capabilities_gained();
Operator op_cel_expr();

}  // namespace burin
