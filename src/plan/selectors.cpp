// Selectors -> what is compared with what.
#include "operators/operator.h"
#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// The values of each filter, parsed by its operator. What does not fit was reported by the reader, except where the
/// type was decided only here (`auto`).
void plan_filters(const std::vector<ArgFilter>& filters, Subject subject, const std::vector<const PlannedArg*>& args,
                  std::vector<PlannedFilter>& out, Diagnostics& diagnostics) {
  for (const auto& filter : filters) {
    const Operator* op = find_operator(filter.op);
    if (!op || filter.positions.empty() || filter.positions.front() >= args.size()) continue;
    const ArgType* type = find_type(args[filter.positions.front()]->type);
    if (!type) continue;
    if (!op->applies_to(type->type_class)) {
      diagnostics.error("operator-type", filter.op_span,
                        std::string(op->name) + " does not apply to arguments of type " + std::string(type->name));
      continue;
    }
    out.push_back({subject, filter.positions, filter.op, op->parse(filter.values, *type, diagnostics), filter.span});
  }
}

std::vector<const PlannedArg*> pointers(const std::vector<PlannedArg>& args) {
  std::vector<const PlannedArg*> out;
  for (const auto& a : args) out.push_back(&a);
  return out;
}

NumberSet numbers(const std::vector<std::uint32_t>& values) {
  NumberSet out;
  for (const auto v : values) out.ranges.push_back({v, v});
  return out;
}

PlannedBinaries plan_binaries(const BinaryFilter& filter, bool parent, std::uint32_t& next_mark) {
  PlannedBinaries out{filter.op, {}, parent, std::nullopt, filter.span};
  for (const auto& v : filter.values) out.values.values.push_back(v.value);
  if (filter.follow_children) out.mark = next_mark++;
  return out;
}

}  // namespace

PlannedSelector plan_selector(const Selector& selector, const PlannedHook& hook, const PlanInput& in,
                              std::uint32_t& next_mark, Diagnostics& diagnostics) {
  PlannedSelector out;
  out.span = selector.span;
  out.label = selector.label;
  plan_filters(selector.match_args, Subject::Args, pointers(hook.args), out.filters, diagnostics);
  plan_filters(selector.match_data, Subject::Data, pointers(hook.data), out.filters, diagnostics);
  if (hook.return_arg)
    plan_filters(selector.match_return_args, Subject::Return, {&*hook.return_arg}, out.return_filters, diagnostics);
  for (const auto& p : selector.match_pids)
    out.process.push_back(PlannedPids{p.negated, p.namespace_pid, p.follow_forks, numbers(p.pids), p.span});
  for (const auto& b : selector.match_binaries) out.process.push_back(plan_binaries(b, false, next_mark));
  for (const auto& b : selector.match_parent_binaries) out.process.push_back(plan_binaries(b, true, next_mark));
  for (const auto& n : selector.match_namespaces) {
    NumberSet inums = numbers(n.inums);
    if (n.host) {
      const std::uint32_t inum = in.host.host_namespaces[static_cast<std::size_t>(n.ns)];
      inums.ranges.push_back({inum, inum});
    }
    out.process.push_back(PlannedNamespaces{n.ns, n.negated, std::move(inums), n.span});
  }
  for (const auto& n : selector.match_namespace_changes)
    out.process.push_back(PlannedNamespaceChanges{n.negated, n.kinds, n.span});
  for (const auto& c : selector.match_capabilities)
    out.process.push_back(PlannedCapabilities{c.set, c.negated, c.namespaced, false, c.mask, c.span});
  for (const auto& c : selector.match_capability_changes)
    out.process.push_back(PlannedCapabilities{c.set, c.negated, c.namespaced, true, c.mask, c.span});
  if (selector.match_workloads) out.process.push_back(PlannedWorkloads{{}, selector.match_workloads->span});
  out.actions = selector.actions;
  if (out.actions.empty()) out.actions.emplace_back();
  out.return_actions = selector.return_actions;
  return out;
}

}  // namespace burin
