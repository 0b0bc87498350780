// matchCapabilities and matchCapabilityChanges -> C.
#include "codegen/process/namespaces.h"
#include "codegen/process_filter.h"

namespace burin {

std::string predicate_of(const PlannedCapabilities& filter, SelectorSupport& support) {
  support.tasks = true;
  const char* const member = filter.set == CapabilitySet::Effective     ? "L_cred_cap_effective"
                             : filter.set == CapabilitySet::Inheritable ? "L_cred_cap_inheritable"
                                                                        : "L_cred_cap_permitted";
  std::string bits = std::string("burin_caps(filter_task, ") + member + ")";
  std::string out;
  if (filter.changes) {
    bits = "(" + bits + " ^ image->caps[" + std::to_string(static_cast<int>(filter.set)) + "])";
    out = "image && image->facts_known && ";
  }
  if (filter.namespaced) {
    const std::string ns = namespace_expression(NamespaceKind::User);
    out += "({ u32 inum = " + ns + "; inum && inum != " + std::to_string(filter.host_user) + "u; }) && ";
  }
  return "(" + out + (filter.negated ? "!" : "") + "(" + bits + " & " + std::to_string(filter.mask) + "ull))";
}

}  // namespace burin
