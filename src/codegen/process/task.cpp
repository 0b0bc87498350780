// Filters on pids, namespaces and capabilities. (To be split by kind.)
#include "codegen/process_filter.h"

namespace burin {

std::string predicate_of(const PlannedPids& filter, SelectorSupport& support) {
  const std::string set = support.number_set(filter.pids);
  return std::string(filter.negated ? "!" : "") + set + "(image_tgid)";
}
std::string predicate_of(const PlannedNamespaces&, SelectorSupport&) {
  return "0";
}
std::string predicate_of(const PlannedNamespaceChanges&, SelectorSupport&) {
  return "0";
}
std::string predicate_of(const PlannedCapabilities&, SelectorSupport&) {
  return "0";
}
std::string predicate_of(const PlannedWorkloads&, SelectorSupport&) {
  return "0";
}

}  // namespace burin
