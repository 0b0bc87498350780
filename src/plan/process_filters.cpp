// Filters on what the process is: which marks they need, and whether this host can answer them.
#include <algorithm>

#include "plan/steps.h"

namespace burin {
namespace {

NumberSet numbers(std::vector<std::uint32_t> values) {
  std::sort(values.begin(), values.end());
  NumberSet out;
  for (const auto v : values)
    if (out.ranges.empty() || out.ranges.back().hi != v) out.ranges.push_back({v, v});
  return out;
}

/// Plans the filters of one selector.
class ProcessFilters {
 public:
  ProcessFilters(const PlanInput& in, Marks& marks, Diagnostics& diagnostics, std::vector<PlannedProcessFilter>& out)
      : in_(in), marks_(marks), diagnostics_(diagnostics), out_(out) {}

  void add(const PidFilter& filter) {
    if (filter.namespace_pid && !layout_there("isNamespacePID", layout_of_namespace_pid(), filter.span)) return;
    PlannedPids planned{filter.negated, filter.namespace_pid, numbers(filter.pids), std::nullopt, filter.span};
    if (filter.follow_forks) {
      // An ancestor counts only in the same pid namespace, and where that changes has to be seen.
      if (filter.namespace_pid &&
          !layout_there("followForks with isNamespacePID", layout_of(NamespaceKind::PidForChildren), filter.span))
        return;
      Followed followed;
      followed.kind = filter.namespace_pid ? Followed::Kind::NamespacePids : Followed::Kind::Pids;
      followed.pids = filter.pids;
      planned.mark = marks_.mark_of(std::move(followed), filter.span, diagnostics_);
    }
    out_.emplace_back(std::move(planned));
  }

  void add(const BinaryFilter& filter, bool parent) {
    PlannedBinaries planned{filter.op, {}, parent, std::nullopt, filter.span};
    for (const auto& v : filter.values) planned.values.values.push_back(v.value);
    if (filter.follow_children) {
      Followed followed;
      followed.paths = planned.values.values;
      planned.mark = marks_.mark_of(std::move(followed), filter.span, diagnostics_);
    }
    out_.emplace_back(std::move(planned));
  }

  void add(const NamespaceFilter& filter) {
    if (!layout_there("matchNamespaces: " + std::string(to_string(filter.ns)), layout_of(filter.ns), filter.span))
      return;
    std::vector<std::uint32_t> inums = filter.inums;
    if (filter.host) {
      const std::uint32_t host = host_namespace(filter.ns, "host_ns", filter.span);
      if (!host) return;
      inums.push_back(host);
    }
    out_.emplace_back(PlannedNamespaces{filter.ns, filter.negated, numbers(std::move(inums)), filter.span});
  }

  void add(const NamespaceChangeFilter& filter) {
    for (const NamespaceKind kind : filter.kinds)
      if (!layout_there("matchNamespaceChanges: " + std::string(to_string(kind)), layout_of(kind), filter.span)) return;
    out_.emplace_back(PlannedNamespaceChanges{filter.negated, filter.kinds, filter.span});
  }

  void add(const CapabilityFilter& filter, bool changes) {
    const std::string what = changes ? "matchCapabilityChanges" : "matchCapabilities";
    if (!layout_there(what + ": " + std::string(to_string(filter.set)), layout_of(filter.set), filter.span)) return;
    PlannedCapabilities planned{filter.set, filter.negated, filter.namespaced, changes, filter.mask, 0, filter.span};
    if (filter.namespaced) {
      if (!layout_there("isNamespaceCapability", layout_of(NamespaceKind::User), filter.span)) return;
      planned.host_user = host_namespace(NamespaceKind::User, "isNamespaceCapability", filter.span);
      if (!planned.host_user) return;
    }
    out_.emplace_back(std::move(planned));
  }

  void add(const WorkloadFilter& filter) {
    if (in_.host.cgroup2.empty() && !in_.only_rung)
      return diagnostics_.error("no-cgroup2", filter.span,
                                "`matchWorkloads` tells workloads apart by cgroup v2, and no such hierarchy is mounted "
                                "here",
                                "mount one: mount -t cgroup2 none /sys/fs/cgroup");
    diagnostics_.warning("no-workloads", filter.span,
                         "`matchWorkloads`: nothing tells burin about workloads yet, so this selector holds for no "
                         "process");
    out_.emplace_back(PlannedWorkloads{marks_.next_workloads(), filter, filter.span});
  }

 private:
  /// Nothing is asked of the host when only the text of one rung is wanted.
  bool layout_there(const std::string& what, const std::vector<std::string>& members, const SourceSpan& span) {
    if (in_.only_rung) return true;
    for (const auto& member : members) {
      if (in_.layout.find(member)) continue;
      const bool none = in_.layout.members.empty();
      diagnostics_.error(
          "no-layout", span,
          none ? "`" + what + "` reads kernel structures, and how they lie is not known here"
               : "`" + what + "` reads " + member + ", which this kernel's structures do not have",
          none ? "run a kernel with BTF (CONFIG_DEBUG_INFO_BTF), with --layout auto" : "remove this filter");
      return false;
    }
    return true;
  }

  std::uint32_t host_namespace(NamespaceKind kind, const std::string& what, const SourceSpan& span) {
    const std::uint32_t inum = in_.host.host_namespaces[static_cast<std::size_t>(kind)];
    if (!inum && !in_.only_rung)
      diagnostics_.error("no-host-namespace", span,
                         "`" + what + "`: which " + std::string(to_string(kind)) +
                             " namespace is the host's cannot be read from /proc/1/ns/" + std::string(proc_name(kind)),
                         "give burin CAP_SYS_PTRACE and the host's /proc, or write the inode number");
    return inum ? inum : in_.only_rung ? 1 : 0;
  }

  const PlanInput& in_;
  Marks& marks_;
  Diagnostics& diagnostics_;
  std::vector<PlannedProcessFilter>& out_;
};

}  // namespace

std::optional<std::uint32_t> Marks::mark_of(Followed wanted, const SourceSpan& span, Diagnostics& diagnostics) {
  for (const auto& known : followed_)
    if (known.kind == wanted.kind && known.paths == wanted.paths && known.pids == wanted.pids) return known.mark;
  wanted.mark = first_ + static_cast<std::uint32_t>(followed_.size());
  if (wanted.mark >= kMarks) {
    diagnostics.error("too-many-followers", span,
                      "with this one, " + std::to_string(wanted.mark + 1) +
                          " filters of all policies follow descendants (followChildren, followForks); the limit is " +
                          std::to_string(kMarks),
                      "filters with the same values count once: join some");
    // It keeps its place, so that the next one is counted, too.
    wanted.mark = kMarks - 1;
  }
  followed_.push_back(wanted);
  return wanted.mark;
}

void plan_process_filters(const Selector& selector, const PlanInput& in, Marks& marks, Diagnostics& diagnostics,
                          std::vector<PlannedProcessFilter>& out) {
  ProcessFilters filters(in, marks, diagnostics, out);
  for (const auto& f : selector.match_pids) filters.add(f);
  for (const auto& f : selector.match_binaries) filters.add(f, false);
  for (const auto& f : selector.match_parent_binaries) filters.add(f, true);
  for (const auto& f : selector.match_namespaces) filters.add(f);
  for (const auto& f : selector.match_namespace_changes) filters.add(f);
  for (const auto& f : selector.match_capabilities) filters.add(f, false);
  for (const auto& f : selector.match_capability_changes) filters.add(f, true);
  if (selector.match_workloads) filters.add(*selector.match_workloads);
}

}  // namespace burin
