// matchPIDs -> C: the process's id, here or in its innermost pid namespace, or the mark that an ancestor's id left.
#include "codegen/process_filter.h"

namespace burin {

std::string predicate_of(const PlannedPids& filter, SelectorSupport& support) {
  std::string own = "image_tgid";
  if (filter.namespace_pid) {
    support.tasks = true;
    own = "burin_namespace_pid(filter_task)";
  }
  std::string any = support.number_set(filter.pids) + "(" + own + ")";
  if (filter.mark) any += " || (image && (image->marks >> " + std::to_string(*filter.mark) + " & 1))";
  return (filter.negated ? "!(" : "(") + any + ")";
}

}  // namespace burin
