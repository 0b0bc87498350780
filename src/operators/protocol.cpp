// Protocol and NotProtocol (the second is our own: Tetragon has no negated form): names, numbers or ranges.
#include "operators/builtin.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

bool applies(TypeClass type) {
  return type == TypeClass::Socket || type == TypeClass::Packet;
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  ValueForm form{"protocol", 0, 65535};
  form.names = protocol_table();
  return read_number_set(values, form, diagnostics);
}

std::optional<std::uint64_t> number_of(const Value& value) {
  if (const auto* v = std::get_if<SockValue>(&value)) return v->protocol;
  if (const auto* v = std::get_if<SkbValue>(&value)) return v->protocol;
  return std::nullopt;
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType&, const Operand& operand) {
  return number_in_c(site, site.arg + ".protocol", operand, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(number_of(value), operand, kWanted);
}

}  // namespace

Operator op_protocol() {
  return {
      "Protocol",    "the protocol is one of IPPROTO_* names, numbers or ranges", applies, parse, true, predicate<true>,
      evaluate<true>};
}

Operator op_not_protocol() {
  return {
      "NotProtocol",  "the protocol is none of the names, numbers or ranges", applies, parse, true, predicate<false>,
      evaluate<false>};
}

}  // namespace burin
