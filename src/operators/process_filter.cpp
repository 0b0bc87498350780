#include "operators/process_filter.h"

#include <algorithm>

#include "model/record.h"

namespace burin {
namespace {

Outcome outcome(bool holds) {
  return holds ? Outcome::Holds : Outcome::Fails;
}

Outcome opposite(Outcome o) {
  if (o == Outcome::NotKnown) return o;
  return outcome(o == Outcome::Fails);
}

bool contains(const NumberSet& set, std::uint64_t value) {
  return std::ranges::any_of(set.ranges, [value](const NumberRange& r) { return r.lo <= value && value <= r.hi; });
}

bool matches(const StringSet& set, std::string_view positive, std::string_view path) {
  // The kernel keeps whole paths up to this length; a longer one is in no list.
  if (path.size() >= sizeof(wire::Proc::path)) return false;
  return std::ranges::any_of(set.values, [&](const std::string& value) {
    if (positive == "Prefix") return path.starts_with(value);
    if (positive == "Postfix") return path.ends_with(value);
    return path == value;
  });
}

/// Any of several facts: one that holds decides, one that is not known keeps it open.
class AnyOf {
 public:
  void add(Outcome o) {
    if (o == Outcome::Holds || result_ == Outcome::Holds)
      result_ = Outcome::Holds;
    else if (o == Outcome::NotKnown)
      result_ = o;
  }
  Outcome result() const { return result_; }

 private:
  Outcome result_ = Outcome::Fails;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Fails: return "does not hold";
    case Outcome::Holds: return "holds";
    case Outcome::NotKnown: break;
  }
  return "not known from the record";
}

Outcome holds(const PlannedPids& filter, const RecordedProcess& process) {
  const auto among = [&filter](std::optional<std::uint32_t> pid) {
    return pid ? outcome(contains(filter.pids, *pid)) : Outcome::NotKnown;
  };
  AnyOf any;
  any.add(among(filter.namespace_pid ? process.namespace_pid : process.pid));
  if (filter.mark) {
    for (const auto& a : process.ancestors) any.add(among(filter.namespace_pid ? a.namespace_pid : a.pid));
    if (!process.complete) any.add(Outcome::NotKnown);
  }
  return filter.negated ? opposite(any.result()) : any.result();
}

Outcome holds(const PlannedBinaries& filter, const RecordedProcess& process) {
  const bool negated = filter.op.starts_with("Not");
  const std::string_view positive = std::string_view(filter.op).substr(negated ? 3 : 0);
  const auto among = [&](const std::optional<std::string>& path) {
    return path ? outcome(matches(filter.values, positive, *path)) : Outcome::NotKnown;
  };
  AnyOf any;
  if (!filter.parent) any.add(among(process.binary));
  if (filter.parent && process.ancestors.empty()) any.add(process.complete ? Outcome::Fails : Outcome::NotKnown);
  for (std::size_t i = 0; i < process.ancestors.size(); ++i)
    if (filter.mark || (filter.parent && i == 0)) any.add(among(process.ancestors[i].binary));
  if (filter.mark && !process.complete) any.add(Outcome::NotKnown);
  return negated ? opposite(any.result()) : any.result();
}

Outcome holds(const PlannedNamespaces& filter, const RecordedProcess& process) {
  const auto inum = process.namespaces[static_cast<std::size_t>(filter.ns)];
  if (!inum) return Outcome::NotKnown;
  return outcome(contains(filter.inums, *inum) != filter.negated);
}

Outcome holds(const PlannedNamespaceChanges& filter, const RecordedProcess& process) {
  AnyOf changed;
  for (const NamespaceKind kind : filter.kinds) {
    const auto now = process.namespaces[static_cast<std::size_t>(kind)];
    const auto then = process.namespaces_at_exec[static_cast<std::size_t>(kind)];
    changed.add(now && then ? outcome(*now != *then) : Outcome::NotKnown);
  }
  return filter.negated ? opposite(changed.result()) : changed.result();
}

Outcome holds(const PlannedCapabilities& filter, const RecordedProcess& process) {
  if (filter.namespaced) {
    const auto user = process.namespaces[static_cast<std::size_t>(NamespaceKind::User)];
    if (!user) return Outcome::NotKnown;
    if (*user == filter.host_user) return Outcome::Fails;
  }
  auto bits = process.capabilities[static_cast<std::size_t>(filter.set)];
  if (filter.changes) {
    const auto then = process.capabilities_at_exec[static_cast<std::size_t>(filter.set)];
    if (bits && then)
      bits = *bits ^ *then;
    else
      bits.reset();
  }
  if (!bits) return Outcome::NotKnown;
  return outcome(((*bits & filter.mask) != 0) != filter.negated);
}

Outcome holds(const PlannedWorkloads&, const RecordedProcess&) {
  return Outcome::NotKnown;
}

Outcome holds(const PlannedProcessFilter& filter, const RecordedProcess& process) {
  return std::visit([&process](const auto& f) { return holds(f, process); }, filter);
}

}  // namespace burin
