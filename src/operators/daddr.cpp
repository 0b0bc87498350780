// DAddr and NotDAddr: the destination address against a list of addresses and CIDRs. An IPv4-mapped IPv6 address is
// IPv4; an argument that is not IP matches neither.
#include "operators/address_filter.h"
#include "operators/builtin.h"

namespace burin {
namespace {

constexpr Side kSide = Side::Destination;

bool applies(TypeClass type) {
  return has_side(type, kSide);
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  return read_addresses(values, diagnostics);
}

Operand parse_not(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  AddressSet set = read_addresses(values, diagnostics);
  warn_one_family(set, values, "NotDAddr", diagnostics);
  return set;
}

std::string predicate(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return "(" + membership_in_c(site, type, operand, kSide) + " == 1)";
}

std::string predicate_not(const PredicateSite& site, const ArgType& type, const Operand& operand) {
  return "(" + membership_in_c(site, type, operand, kSide) + " == 0)";
}

bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return membership(value, operand, kSide) == Membership::In;
}

bool evaluate_not(const Value& value, const ArgType&, const Operand& operand) {
  return membership(value, operand, kSide) == Membership::Out;
}

}  // namespace

Operator op_daddr() {
  return {"DAddr", "the destination address is in one of the ranges", applies, parse, true, predicate, evaluate};
}

Operator op_not_daddr() {
  return {
      "NotDAddr",  "the destination address is IP and in none of the ranges", applies, parse_not, true, predicate_not,
      evaluate_not};
}

}  // namespace burin
