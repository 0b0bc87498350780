#include "plan/planner.h"

#include <algorithm>

#include "plan/steps.h"

namespace burin {
namespace {

/// "kprobe: no such function; tracepoint: ..."
std::string reasons(const std::vector<RungTried>& tried) {
  if (tried.empty()) return "no such rung for this function";
  std::string out;
  for (const auto& t : tried) out += (out.empty() ? "" : "; ") + std::string(to_string(t.rung)) + ": " + t.reason;
  return out;
}

/// A hook in messages.
const std::string& name_of(const Hook& hook) {
  return hook.call.empty() ? hook.path : hook.call;
}

struct Chosen {
  std::optional<ProbeAttach> way;
  std::vector<RungTried> tried;
};

Chosen choose(const Hook& hook, const Callee& callee, const PolicyOptions& options, const PlanInput& in) {
  Chosen out;
  for (auto& way : ways_of(hook, callee, options, in)) {
    if (in.only_rung && *in.only_rung != way.rung) continue;
    std::string problem = problem_of(way.rung, hook, callee, way, in);
    if (problem.empty()) {
      out.way = std::move(way);
      break;
    }
    out.tried.push_back({way.rung, std::move(problem)});
  }
  return out;
}

std::string attach_target(const Hook& hook, const Callee& callee, const ProbeAttach& way) {
  switch (way.rung) {
    case Rung::Kprobe:
    case Rung::Fentry: return way.target.empty() ? callee.function : way.target;
    case Rung::SyscallTracepoint: return callee.name;
    case Rung::Tracepoint: return hook.subsystem + ":" + hook.call;
    case Rung::RawTracepoint: return hook.call;
    case Rung::Uprobe: return hook.path;
    case Rung::Lsm:
    case Rung::StateSockOps: break;
  }
  return hook.call;
}

class PolicyPlanner {
 public:
  PolicyPlanner(const Policy& policy, const PlanInput& in, Diagnostics& diagnostics)
      : policy_(policy), in_(in), diagnostics_(diagnostics), next_(in.first_id), marks_(in.first_mark, plan_.followed) {
    plan_.policy = policy.name;
    plan_.file = policy.file;
    plan_.options = policy.options;
  }

  HookPlan run() {
    if (policy_.loader) add_loader();
    for (const auto& hook : policy_.hooks) {
      check_actions(policy_, hook, in_, diagnostics_);
      if (auto missing = missing_feature(hook, policy_.options, in_.host)) {
        plan_.unavailable.push_back({name_of(hook), {}, std::move(missing->reason), missing->span, false});
        continue;
      }
      if (hook.kind == HookKind::Uprobe || hook.kind == HookKind::Usdt)
        add_places(hook);
      else
        add_callees(hook);
    }
    plan_enforcers(policy_, in_, plan_, diagnostics_);
    return std::move(plan_);
  }

 private:
  void add_loader() {
    plan_.loader_span = policy_.loader_span;
    std::string problem = in_.ask.mappings ? in_.ask.mappings() : std::string();
    plan_.loader = problem.empty();
    if (!plan_.loader) plan_.unavailable.push_back({"loader", {}, std::move(problem), policy_.loader_span, false});
  }

  /// Callees that the same rung serves share one program; what cannot be had is named one by one.
  void add_callees(const Hook& hook) {
    PlannedHook* shared = nullptr;
    if (auto problem = list_problem(policy_, hook, in_))
      return unavailable(hook, hook.call, {{Rung::Kprobe, std::move(*problem)}});
    for (const auto& callee : callees_of(policy_, hook, in_, diagnostics_)) {
      Chosen chosen = choose(hook, callee, policy_.options, in_);
      if (!chosen.way) {
        unavailable(hook, callee.function, std::move(chosen.tried));
        continue;
      }
      if (!shared || shared->rung != chosen.way->rung || reads_prototype(hook, shared->rung)) {
        shared = &begin(hook, chosen.way->rung, std::move(chosen.tried));
        plan_arguments(hook, callee, in_, *shared, diagnostics_);
        finish(hook, *shared);
      }
      shared->targets.push_back({next_++, callee.function, attach_target(hook, callee, *chosen.way), 0, 0});
      shared->record.hook = shared->id();
    }
  }

  void add_places(const Hook& hook) {
    if (!in_.ask.places) return unavailable(hook, hook.call, {{Rung::Uprobe, "binaries cannot be read here"}});
    const auto places = in_.ask.places(hook);
    if (!places) {
      const Error& error = places.error();
      // Another binary than the policy means must not be taken for it, unless the policy can do without.
      if (error.code == ErrorCode::Verify && !hook.ignore_digest_failure)
        diagnostics_.error("digest", hook.digests.empty() ? hook.span : hook.digests.front().span, error.message);
      unavailable(hook, name_of(hook), {{Rung::Uprobe, error.message}}, error.code == ErrorCode::Verify);
      return;
    }
    const Callee callee{hook.call, false, false, hook.call};
    if (std::string problem = action_problem(Rung::Uprobe, hook, callee, in_); !problem.empty())
      return unavailable(hook, name_of(hook), {{Rung::Uprobe, std::move(problem)}});
    PlannedHook* shared = nullptr;
    for (const auto& place : *places) {
      if (std::string problem = missing_feature(place, in_.host); !problem.empty()) {
        unavailable(hook, name_of(hook), {{Rung::Uprobe, std::move(problem)}});
        continue;
      }
      // A USDT probe's arguments lie elsewhere at each of its places: each has a program of its own.
      if (!shared || hook.kind == HookKind::Usdt) {
        shared = &begin(hook, Rung::Uprobe, {});
        plan_arguments(hook, callee, in_, *shared, diagnostics_);
        if (hook.kind == HookKind::Usdt) take_usdt_sources(hook, place, *shared);
        finish(hook, *shared);
      }
      shared->targets.push_back({next_++, place.symbol, hook.path, place.offset, place.ref_ctr_offset});
      shared->record.hook = shared->id();
    }
  }

  void take_usdt_sources(const Hook& hook, const BinaryPlace& place, PlannedHook& planned) {
    if (!place.usdt_problem.empty() && !hook.args.empty()) {
      diagnostics_.error("unknown-arg", hook.args.front().span, place.usdt_problem);
      return;
    }
    for (auto& arg : planned.args) {
      if (arg.source.kind != ArgSource::Kind::Register) continue;
      if (arg.index >= place.usdt_args.size()) {
        diagnostics_.error("unknown-arg", arg.span,
                           "probe " + hook.subsystem + ":" + hook.call + " has " +
                               std::to_string(place.usdt_args.size()) + " arguments");
        continue;
      }
      arg.source.kind = ArgSource::Kind::Usdt;
      arg.source.usdt = place.usdt_args[arg.index];
    }
  }

  PlannedHook& begin(const Hook& hook, Rung rung, std::vector<RungTried> tried) {
    PlannedHook& planned = plan_.hooks.emplace_back();
    planned.kind = hook.kind;
    planned.rung = rung;
    planned.tried = std::move(tried);
    planned.subsystem = hook.subsystem;
    planned.event = hook.kind == HookKind::Kprobe ? std::string() : hook.call;
    planned.path = hook.path;
    planned.message = hook.message;
    planned.tags = hook.tags;
    planned.span = hook.span;
    return planned;
  }

  void finish(const Hook& hook, PlannedHook& planned) {
    plan_actions(hook, planned, diagnostics_);
    for (const auto& s : hook.selectors)
      planned.selectors.push_back(plan_selector(policy_, s, planned, in_, marks_, diagnostics_));
  }

  void unavailable(const Hook& hook, const std::string& function, std::vector<RungTried> tried,
                   bool may_be_absent = false) {
    std::string reason = reasons(tried);
    plan_.unavailable.push_back(
        {function, std::move(tried), std::move(reason), hook.call_span, hook.ignore_call_not_found || may_be_absent});
  }

  const Policy& policy_;
  const PlanInput& in_;
  Diagnostics& diagnostics_;
  HookPlan plan_;
  HookId next_;
  Marks marks_;
};

}  // namespace

HookPlan plan_policy(const Policy& policy, const PlanInput& in, Diagnostics& diagnostics) {
  return PolicyPlanner(policy, in, diagnostics).run();
}

}  // namespace burin
