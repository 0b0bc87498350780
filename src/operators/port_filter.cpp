// Ports: reading, and the rule that only IP families have them.
#include "operators/port_filter.h"

#include "cidr/cidr.h"
#include "operators/number_values.h"

namespace burin {

NumberSet read_ports(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics) {
  ValueForm form{"port", 0, 65535};
  form.decimal_only = true;
  return read_number_set(values, form, diagnostics);
}

NumberSet private_ports(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics) {
  for (const auto& value : values)
    diagnostics.warning("values-ignored", value.span, "this operator compares with 1024 and ignores its values",
                        "leave out values, or use SPort or DPort with a range");
  return NumberSet{{{0, 1023}}};
}

std::string port_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, Side side, bool wanted) {
  const std::string family = site.arg + ".family";
  const std::string set = site.number_set(std::get<NumberSet>(operand));
  return "((" + family + " == 2 || " + family + " == 10) && " + (wanted ? "" : "!") + set + "(" +
         port_in_c(site.arg, type.type_class, side) + "))";
}

bool port_holds(const Value& value, const Operand& operand, Side side, bool wanted) {
  const auto end = endpoint_of(value, side);
  return end && is_ip_family(end->family) && contains(std::get<NumberSet>(operand), end->port) == wanted;
}

}  // namespace burin
