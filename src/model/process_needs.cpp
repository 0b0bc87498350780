#include "model/process_needs.h"

#include <algorithm>

namespace burin {
namespace {

struct Visitor {
  ProcessNeeds& needs;
  void operator()(const PlannedBinaries& f) const { needs.parents |= f.parent; }
  // Of the others a process that ends still has what is asked for.
  void operator()(const PlannedNamespaces& f) const {
    needs.facts |= f.ns != NamespaceKind::Pid && f.ns != NamespaceKind::User;
  }
  void operator()(const PlannedNamespaceChanges&) const { needs.facts = true; }
  void operator()(const PlannedCapabilities& f) const { needs.facts |= f.changes; }
  void operator()(const PlannedPids&) const {}
  void operator()(const PlannedWorkloads&) const {}
};

}  // namespace

std::size_t ProcessNeeds::paths() const {
  std::size_t n = 0;
  for (const auto& f : followed) n += f.paths.size();
  return n;
}

std::size_t ProcessNeeds::pids() const {
  std::size_t n = 0;
  for (const auto& f : followed) n += f.pids.size();
  return n;
}

std::uint64_t ProcessNeeds::namespace_marks() const {
  std::uint64_t bits = 0;
  for (const auto& f : followed)
    if (f.kind == Followed::Kind::NamespacePids) bits |= 1ULL << f.mark;
  return bits;
}

void add_needs(const HookPlan& plan, ProcessNeeds& needs) {
  for (const auto& hook : plan.hooks)
    for (const auto& selector : hook.selectors)
      for (const auto& filter : selector.process) std::visit(Visitor{needs}, filter);
  needs.followed.insert(needs.followed.end(), plan.followed.begin(), plan.followed.end());
}

ProcessNeeds needs_of(std::span<const HookPlan> plans) {
  ProcessNeeds needs;
  for (const auto& plan : plans) add_needs(plan, needs);
  return needs;
}

ProcessNeeds needs_of(const HookPlan& plan) {
  return needs_of(std::span(&plan, 1));
}

}  // namespace burin
