// DPortPriv and NotDPortPriv: destination port below 1024, or not. Holds for AF_INET and AF_INET6 only (port_filter.h).
#include "operators/builtin.h"
#include "operators/port_filter.h"

namespace burin {
namespace {

constexpr Side kSide = Side::Destination;

bool applies(TypeClass type) {
  return has_side(type, kSide);
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  return private_ports(values, diagnostics);
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return port_in_c(site, type, operand, kSide, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return port_holds(value, operand, kSide, kWanted);
}

}  // namespace

Operator op_dport_priv() {
  return {"DPortPriv", "the destination port is below 1024", applies, parse, false, predicate<true>, evaluate<true>};
}

Operator op_not_dport_priv() {
  return {"NotDPortPriv", "the destination port is 1024 or above", applies, parse, false, predicate<false>,
          evaluate<false>};
}

}  // namespace burin
