// matchNamespaces and matchNamespaceChanges -> C: inode numbers of the current task's namespaces. What is not known (a
// process that ends and whose end was not seen) holds for no operator.
#include "codegen/process/namespaces.h"

#include "codegen/process_filter.h"

namespace burin {
namespace {

std::string proxied(const char* member, const char* type, NamespaceKind kind) {
  return std::string("burin_ns_now(filter_task, image, L_nsproxy_") + member + ", L_" + type + "_ns_inum, " +
         std::to_string(static_cast<int>(kind)) + ")";
}

}  // namespace

std::string namespace_expression(NamespaceKind kind) {
  switch (kind) {
    case NamespaceKind::Uts: return proxied("uts_ns", "uts_namespace", kind);
    case NamespaceKind::Ipc: return proxied("ipc_ns", "ipc_namespace", kind);
    case NamespaceKind::Mnt: return proxied("mnt_ns", "mnt_namespace", kind);
    case NamespaceKind::Pid: return "burin_ns_pid(filter_task)";
    case NamespaceKind::PidForChildren: return proxied("pid_ns_for_children", "pid_namespace", kind);
    case NamespaceKind::Net: return proxied("net_ns", "net", kind);
    case NamespaceKind::Time: return proxied("time_ns", "time_namespace", kind);
    case NamespaceKind::TimeForChildren: return proxied("time_ns_for_children", "time_namespace", kind);
    case NamespaceKind::Cgroup: return proxied("cgroup_ns", "cgroup_namespace", kind);
    case NamespaceKind::User: return "burin_ns_user(filter_task)";
  }
  return "0";
}

std::string predicate_of(const PlannedNamespaces& filter, SelectorSupport& support) {
  support.tasks = true;
  const std::string set = support.number_set(filter.inums);
  return "({ u32 inum = " + namespace_expression(filter.ns) + "; inum && " + (filter.negated ? "!" : "") + set +
         "(inum); })";
}

std::string predicate_of(const PlannedNamespaceChanges& filter, SelectorSupport& support) {
  support.tasks = true;
  std::string out = "({ int known = image && image->facts_known, changed = 0; u32 inum; if (known) {";
  for (const NamespaceKind kind : filter.kinds) {
    const std::string then = "image->ns[" + std::to_string(static_cast<int>(kind)) + "]";
    out += " inum = " + namespace_expression(kind) + "; if (!inum || !" + then +
           ") known = 0; else if (inum != " + then + ") changed = 1;";
  }
  // One that changed is an answer even where another is not known.
  return out + " } " + (filter.negated ? "known && !changed" : "changed") + "; })";
}

}  // namespace burin
