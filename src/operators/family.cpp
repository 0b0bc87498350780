// Family and NotFamily (the second is our own: Tetragon has no negated form): names, numbers or ranges.
#include "operators/builtin.h"
#include "operators/number_filter.h"
#include "operators/number_values.h"

namespace burin {
namespace {

bool applies(TypeClass type) {
  return type == TypeClass::Socket || type == TypeClass::Packet || type == TypeClass::Sockaddr ||
         type == TypeClass::SockaddrUn;
}

Operand parse(const std::vector<Located<std::string>>& values, const ArgType&, Diagnostics& diagnostics) {
  ValueForm form{"address family", 0, 65535};
  form.names = family_table();
  return read_number_set(values, form, diagnostics);
}

std::optional<std::uint64_t> number_of(const Value& value) {
  if (const auto* v = std::get_if<SockValue>(&value)) return v->family;
  if (const auto* v = std::get_if<SkbValue>(&value)) return v->family;
  if (const auto* v = std::get_if<SockaddrValue>(&value)) return v->family;
  if (const auto* v = std::get_if<SockaddrUnValue>(&value)) return v->family;
  return std::nullopt;
}

template <bool kWanted>
std::string predicate(const PredicateSite& site, const ArgType&, const Operand& operand) {
  return number_in_c(site, site.arg + ".family", operand, kWanted);
}

template <bool kWanted>
bool evaluate(const Value& value, const ArgType&, const Operand& operand) {
  return number_holds(number_of(value), operand, kWanted);
}

}  // namespace

Operator op_family() {
  return {"Family",      "the address family is one of AF_* names, numbers or ranges",
          applies,       parse,
          true,          predicate<true>,
          evaluate<true>};
}

Operator op_not_family() {
  return {"NotFamily",    "the address family is none of the names, numbers or ranges",
          applies,        parse,
          true,           predicate<false>,
          evaluate<false>};
}

}  // namespace burin
