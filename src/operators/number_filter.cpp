// Membership of numbers for every operator that compares with a NumberSet.
#include "operators/number_filter.h"

#include "cidr/cidr.h"

namespace burin {

std::string number_in_c(const PredicateSite& site, const std::string& number, const Operand& operand, bool wanted) {
  return "(" + std::string(wanted ? "" : "!") + site.number_set(std::get<NumberSet>(operand)) + "(" + number + "))";
}

bool number_holds(std::optional<std::uint64_t> number, const Operand& operand, bool wanted) {
  return number && contains(std::get<NumberSet>(operand), *number) == wanted;
}

}  // namespace burin
