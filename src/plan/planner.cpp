#include "plan/planner.h"

#include <algorithm>

#include "operators/operator.h"
#include "types/arg_type.h"

namespace burin {
namespace {

bool looks_at_source_port(const Hook& hook) {
  for (const auto& s : hook.selectors)
    for (const auto& f : s.match_args)
      if (f.op.find("SPort") != std::string::npos || f.op.find("Sport") != std::string::npos) return true;
  return false;
}

bool signals(const Hook& hook) {
  for (const auto& s : hook.selectors)
    for (const auto& a : s.actions)
      if (a.kind == ActionKind::Sigkill) return true;
  return false;
}

/// Empty when a kprobe can serve the hook here, else why not.
std::string kprobe_problem(const Hook& hook, const ProbeAttach& attach, const PlanInput& in) {
  for (const auto& arg : hook.args) {
    const ArgType* type = find_type(arg.type);
    if (!type) continue;
    for (const auto& member : type->needs_layout)
      if (!in.layout.find(member))
        return "type " + arg.type + " needs the layout of " + member + ", which no source on this host knows";
  }
  for (const auto& member : attach.needs_layout)
    if (!in.layout.find(member)) return "it needs the layout of " + member + ", which no source on this host knows";
  if (in.only_rung) return {};
  if (!in.host.kprobe.works) return in.host.kprobe.reason;
  const std::string& target = attach.target.empty() ? hook.call : attach.target;
  return in.try_function ? in.try_function(target).reason : std::string();
}

std::string state_sock_ops_problem(const Hook& hook, const PlanInput& in) {
  if (hook.args.size() != 1 || hook.args[0].index != 0 || hook.args[0].type != "sock")
    return "it gives argument 0 as type sock and nothing else";
  if (signals(hook) && looks_at_source_port(hook))
    return "the source port is known only after the last moment at which a signal can be sent";
  if (in.only_rung) return {};
  const auto state = in.host.tracepoints.find("sock:inet_sock_set_state");
  if (state == in.host.tracepoints.end()) return "this kernel has no tracepoint sock:inet_sock_set_state";
  for (const char* field :
       {"skaddr", "newstate", "sport", "dport", "family", "protocol", "saddr", "daddr", "saddr_v6", "daddr_v6"})
    if (!state->second.find(field)) return std::string("sock:inet_sock_set_state has no field ") + field;
  if (!in.host.sock_ops.works) return in.host.sock_ops.reason;
  return {};
}

std::string problem_of(Rung rung, const Hook& hook, const ProbeAttach& attach, const PlanInput& in) {
  switch (rung) {
    case Rung::Kprobe: return kprobe_problem(hook, attach, in);
    case Rung::StateSockOps: return state_sock_ops_problem(hook, in);
  }
  return "unknown rung";
}

/// Smallest power of two that is not below v: string tails are bounded by masks.
std::uint32_t power_of_two(std::uint32_t v) {
  std::uint32_t p = 1;
  while (p < v) p *= 2;
  return p;
}

std::vector<PlannedArg> lay_out(const Hook& hook, RecordLayout& record) {
  std::vector<PlannedArg> out;
  for (std::size_t i = 0; i < hook.args.size(); ++i) {
    const PolicyArg& arg = hook.args[i];
    PlannedArg planned{arg.index, arg.type, arg.label, 0, arg.span};
    const ArgType* type = find_type(arg.type);
    if (type && type->shape.size) {
      planned.field =
          record.add("a" + std::to_string(i), std::string(type->shape.c_type), type->shape.size, type->shape.align);
      record.tail_max += type->shape.tail_max;
    }
    out.push_back(std::move(planned));
  }
  if (record.tail_max) record.tail_max = power_of_two(record.tail_max);
  return out;
}

PlannedSelector plan_selector(const Selector& selector, const std::vector<PlannedArg>& args, Diagnostics& diagnostics) {
  PlannedSelector out;
  out.span = selector.span;
  for (const auto& filter : selector.match_args) {
    const auto arg = std::ranges::find(args, filter.index, &PlannedArg::index);
    const Operator* op = find_operator(filter.op);
    const ArgType* type = arg == args.end() ? nullptr : find_type(arg->type);
    if (!op || !type || !op->applies_to(type->type_class)) continue;  // the reader has reported it
    out.filters.push_back({static_cast<std::size_t>(arg - args.begin()), filter.op,
                           op->parse(filter.values, *type, diagnostics), filter.span});
  }
  for (const auto& b : selector.match_binaries) {
    PlannedBinaries planned{b.op, {}, b.span};
    for (const auto& v : b.values) planned.values.values.push_back(v.value);
    out.binaries.push_back(std::move(planned));
  }
  for (const auto& a : selector.actions) out.actions.push_back(a.kind);
  if (out.actions.empty()) out.actions.push_back(ActionKind::Post);
  return out;
}

}  // namespace

HookPlan plan_policy(const Policy& policy, const PlanInput& in, Diagnostics& diagnostics) {
  HookPlan plan{policy.name, policy.file, {}, {}};
  HookId next = in.first_id;
  for (const auto& hook : policy.hooks) {
    std::vector<ProbeAttach> ways;
    if (const Probe* probe = in.catalog.find_function(hook.call)) ways = probe->attach;
    if (ways.empty()) ways.push_back({Rung::Kprobe, hook.call, {}});
    PlannedHook planned;
    bool found = false;
    for (const auto& way : ways) {
      if (in.only_rung && *in.only_rung != way.rung) continue;
      std::string problem = problem_of(way.rung, hook, way, in);
      if (problem.empty()) {
        planned.rung = way.rung;
        found = true;
        break;
      }
      planned.tried.push_back({way.rung, std::move(problem)});
    }
    if (!found) {
      std::string reason = planned.tried.empty() ? "no such rung for this function" : "";
      for (const auto& t : planned.tried)
        reason += (reason.empty() ? "" : "; ") + std::string(to_string(t.rung)) + ": " + t.reason;
      plan.unavailable.push_back(
          {hook.call, std::move(planned.tried), std::move(reason), hook.call_span, hook.ignore_call_not_found});
      continue;
    }
    planned.id = next++;
    planned.function = hook.call;
    planned.record.hook = planned.id;
    planned.args = lay_out(hook, planned.record);
    for (const auto& s : hook.selectors) planned.selectors.push_back(plan_selector(s, planned.args, diagnostics));
    planned.message = hook.message;
    planned.tags = hook.tags;
    planned.span = hook.span;
    plan.hooks.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace burin
