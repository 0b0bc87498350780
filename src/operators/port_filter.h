// What the port operators share. Ports mean something only for AF_INET and AF_INET6: for any other family neither an
// operator nor its negation holds, as with addresses (decision record 0003).
#pragma once
#include <string>
#include <vector>

#include "operators/endpoint.h"
#include "operators/operator.h"

namespace burin {

/// Decimal numbers 0..65535 and ranges "a:b".
NumberSet read_ports(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics);
/// The ports below 1024, for the *Priv operators, which take no values; a value is a warning ("values-ignored").
NumberSet private_ports(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics);

/// C expression: the family is IP and the port is in the set (`wanted` true) or is not (false).
std::string port_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, Side side, bool wanted);
bool port_holds(const Value& value, const Operand& operand, Side side, bool wanted);

}  // namespace burin
