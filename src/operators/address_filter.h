// What the four address operators share: reading CIDR lists, and membership with three outcomes.
#pragma once
#include <string>
#include <vector>

#include "operators/endpoint.h"
#include "operators/operator.h"

namespace burin {

enum class Membership { In, Out, NotIp };

/// Reads addresses and CIDRs. Bad ones are errors ("bad-address"); host bits are a warning ("host-bits").
AddressSet read_addresses(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics);
/// The warning "one-family-negation" when a Not* list names only one family: peers of the other are in none of its
/// ranges and therefore match (decision record 0003). `op` is the operator's name.
void warn_one_family(const AddressSet& set, const std::vector<Located<std::string>>& values, std::string_view op,
                     Diagnostics& diagnostics);

/// The C expression that is 1 (in), 0 (out), -1 (not IP).
std::string membership_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, Side side);
Membership membership(const Value& value, const Operand& operand, Side side);

}  // namespace burin
