// matchWorkloads -> C: the current task's cgroup in a map that whoever knows the workloads fills.
#include "codegen/process_filter.h"

namespace burin {
namespace {

/// Cgroups that one filter can name. The map takes memory only for those that are there.
constexpr const char* kCgroups = "65536";

}  // namespace

std::string predicate_of(const PlannedWorkloads& filter, SelectorSupport& support) {
  // A filter of a hook with several programs comes here more than once.
  const std::string& name = filter.set;
  if (support.maps.find(", " + name + ", ") == std::string::npos) {
    support.maps += "BPF_F_TABLE(\"hash\", u64, u8, " + name + ", " + kCgroups + ", 1); /* 1: BPF_F_NO_PREALLOC */\n";
    support.functions += "static __always_inline int " + name +
                         "_holds(void) {\n"
                         "  u64 cgroup = bpf_get_current_cgroup_id(), other = 0;\n"
                         "  u8 *holds = " +
                         name +
                         ".lookup(&cgroup);\n"
                         "  if (!holds) holds = " +
                         name +
                         ".lookup(&other);\n"
                         "  return holds && *holds;\n}\n";
  }
  return name + "_holds()";
}

}  // namespace burin
