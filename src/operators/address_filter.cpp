// Lists of CIDRs: reading with every complaint in its place, and the one meaning of "in" for both sides and both signs.
#include "operators/address_filter.h"

#include "cidr/cidr.h"

namespace burin {

AddressSet read_addresses(const std::vector<Located<std::string>>& values, Diagnostics& diagnostics) {
  AddressSet set;
  for (const auto& value : values) {
    const ParsedAddress parsed = parse_address(value.value);
    if (!parsed.error.empty()) {
      diagnostics.error("bad-address", value.span, parsed.error);
      continue;
    }
    if (parsed.host_bits)
      diagnostics.warning(
          "host-bits", value.span,
          value.value + " has bits set behind its prefix and is matched as " + to_text(parsed.range, parsed.is_v4),
          "write " + to_text(parsed.range, parsed.is_v4));
    add(set, parsed);
  }
  normalise(set);
  return set;
}

void warn_one_family(const AddressSet& set, const std::vector<Located<std::string>>& values, std::string_view op,
                     Diagnostics& diagnostics) {
  if (values.empty() || set.v4.empty() == set.v6.empty()) return;
  const bool only_v4 = set.v6.empty();
  diagnostics.warning(
      "one-family-negation", values.front().span,
      std::string(op) + " lists only " + (only_v4 ? "IPv4" : "IPv6") + " ranges, so every " +
          (only_v4 ? "native IPv6" : "IPv4") + " address matches it",
      only_v4 ? "add the IPv6 ranges to leave out (::1, fd00::/8, ...), or ::/0 to leave out all native IPv6"
              : "add the IPv4 ranges to leave out (127.0.0.0/8, 10.0.0.0/8, ...), or 0.0.0.0/0 to leave out all IPv4");
}

std::string membership_in_c(const PredicateSite& site, const ArgType& type, const Operand& operand, Side side) {
  const std::string set = site.address_set(std::get<AddressSet>(operand));
  return set + "_any(" + address_in_c(site.arg, type.type_class, side) + ", " + site.arg + ".family)";
}

Membership membership(const Value& value, const Operand& operand, Side side) {
  const auto end = endpoint_of(value, side);
  if (!end || !is_ip_family(end->family)) return Membership::NotIp;
  return contains(std::get<AddressSet>(operand), end->family, end->address) ? Membership::In : Membership::Out;
}

}  // namespace burin
