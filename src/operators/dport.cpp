// DPort and NotDPort: destination port against numbers and ranges. Holds for AF_INET and AF_INET6 only (port_filter.h).
#include "operators/builtin.h"
#include "operators/port_filter.h"

namespace burin {
namespace {

constexpr Side kSide = Side::Destination;

bool applies(TypeClass type) {
  return has_side(type, kSide);
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  return read_ports(values, diagnostics);
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

Operator op_dport() {
  return {"DPort",       "the destination port is one of the numbers or ranges", applies, parse, true, predicate<true>,
          evaluate<true>};
}

Operator op_not_dport() {
  return {
      "NotDPort",     "the destination port is none of the numbers or ranges", applies, parse, true, predicate<false>,
      evaluate<false>};
}

}  // namespace burin
