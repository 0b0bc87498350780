// Three-valued: a record does not say everything that the kernel knew, and a guess would be worse than "unknown".
#include "control/policy_test.h"

#include <algorithm>

#include "cidr/cidr.h"
#include "control/evidence.h"
#include "event/json_node.h"
#include "model/action.h"
#include "operators/operator.h"
#include "text/text_set.h"
#include "types/arg_type.h"

namespace burin {
namespace {

struct Answer {
  Truth truth = Truth::Yes;
  std::string reason;
};

Answer answer(bool holds, bool negated, const std::string& what) {
  if (holds != negated) return {};
  return {Truth::No, what + " does not hold"};
}
Answer unknown(std::string reason) {
  return {Truth::Unknown, std::move(reason)};
}

/// What filters look at: of bytes with maxData the event shows more than that.
void cut_for_filters(Value& value, const ArgType* type) {
  auto* const bytes = std::get_if<BytesValue>(&value);
  if (bytes && type && type->shape.text_max != 0 && bytes->bytes.size() >= type->shape.text_max)
    bytes->bytes.resize(type->shape.text_max - 1);  // the slot keeps a NUL
}

class Evaluation {
 public:
  Evaluation(const PlannedHook& hook, const Evidence& evidence) : hook_(hook), evidence_(evidence) {}

  SelectorVerdict selector(const PlannedSelector& selector) const {
    SelectorVerdict out;
    out.label = selector.label;
    out.span = selector.span;
    const auto take = [&out](const Answer& a, const SourceSpan& span) {
      if (out.truth == Truth::No || a.truth == Truth::Yes) return;
      if (out.truth == Truth::Unknown && a.truth == Truth::Unknown) return;
      out.truth = a.truth;
      out.reason = a.reason;
      out.span = span;
    };
    for (const auto& filter : selector.process) std::visit([&](const auto& f) { take(process(f), f.span); }, filter);
    for (const auto& filter : selector.filters) take(argument(filter), filter.span);
    for (const auto& filter : selector.return_filters) take(argument(filter), filter.span);
    return out;
  }

 private:
  Answer argument(const PlannedFilter& filter) const {
    const Operator* op = find_operator(filter.op);
    if (!op) return unknown("there is no operator " + filter.op);
    const std::vector<PlannedArg>& planned = filter.subject == Subject::Data ? hook_.data : hook_.args;
    std::vector<Value> values(planned.size() + 1);
    std::string shown;
    const ArgType* first = nullptr;
    for (const std::size_t position : filter.positions) {
      const PlannedArg* arg = filter.subject == Subject::Return ? (hook_.return_arg ? &*hook_.return_arg : nullptr)
                              : position < planned.size()       ? &planned[position]
                                                                : nullptr;
      if (!arg) return unknown("the hook has no value for " + filter.op);
      auto seen = evidence_.value(filter.subject, position, *arg);
      if (!seen.value) return unknown(seen.text);
      values[position] = std::move(*seen.value);
      cut_for_filters(values[position], find_type(arg->type));
      shown += (shown.empty() ? "" : ", ") + seen.text;
      if (!first) first = find_type(arg->type);
    }
    if (!first) return unknown("the filter names no argument");
    const bool holds = op->evaluate_all ? op->evaluate_all(values, filter.positions, filter.operand)
                                        : op->evaluate(values[filter.positions.front()], *first, filter.operand);
    return holds ? Answer{} : Answer{Truth::No, filter.op + " does not hold for " + shown};
  }

  Answer process(const PlannedBinaries& f) const {
    const std::string binary = evidence_.binary(f.parent);
    if (binary.empty())
      return unknown(std::string("the record does not say what the ") + (f.parent ? "parent" : "process") + " runs");
    const bool negated = f.op.starts_with("Not");
    const std::string way = negated ? f.op.substr(3) : f.op;
    const TextMatch how = way == "Prefix"    ? TextMatch::Prefix
                          : way == "Postfix" ? TextMatch::Postfix
                                             : TextMatch::Equal;
    const bool holds = matches(f.values, how, binary);
    if (f.mark && !holds) return unknown("the record does not say which programs the process descends from");
    return answer(holds, negated,
                  std::string(f.parent ? "matchParentBinaries " : "matchBinaries ") + f.op + " (" + binary + ")");
  }

  Answer process(const PlannedPids& f) const {
    const auto pid = evidence_.pid();
    if (!pid) return unknown("the record has no pid");
    if (f.namespace_pid) return unknown("the record does not say the pid in the process's own namespace");
    const bool holds = contains(f.pids, *pid);
    if (f.mark && !holds) return unknown("the record does not say which processes this one descends from");
    return answer(holds, f.negated, "matchPIDs (" + std::to_string(*pid) + ")");
  }

  Answer process(const PlannedNamespaces& f) const {
    const auto inum = evidence_.namespace_of(f.ns);
    if (!inum) return unknown("the record does not say the process's namespaces");
    return answer(contains(f.inums, *inum), f.negated, "matchNamespaces (" + std::to_string(*inum) + ")");
  }

  Answer process(const PlannedCapabilities& f) const {
    const auto bits = evidence_.capabilities(f.set);
    if (!bits || f.changes || f.namespaced)
      return unknown("the record does not say enough of the process's capabilities");
    return answer((*bits & f.mask) != 0, f.negated, "matchCapabilities");
  }

  Answer process(const PlannedNamespaceChanges&) const {
    return unknown("the record does not say the namespaces that the process had at its exec");
  }
  Answer process(const PlannedWorkloads&) const {
    return unknown("the record does not say which workload the process belongs to");
  }

  const PlannedHook& hook_;
  const Evidence& evidence_;
};

void decide(const PlannedHook& hook, const Evaluation& evaluation, EventVerdict& out) {
  if (hook.selectors.empty()) {
    out.truth = Truth::Yes;
    out.actions = {std::string(to_string(ActionKind::Post))};
    return;
  }
  bool doubt = false;
  for (std::size_t i = 0; i < hook.selectors.size(); ++i) {
    SelectorVerdict verdict = evaluation.selector(hook.selectors[i]);
    verdict.selector = i;
    out.selectors.push_back(verdict);
    if (verdict.truth == Truth::Unknown) doubt = true;
    if (verdict.truth != Truth::Yes) continue;
    if (!doubt) {
      out.truth = Truth::Yes;
      out.selector = i;
      for (const Action& action : hook.selectors[i].actions) out.actions.emplace_back(to_string(action.kind));
      return;
    }
    break;
  }
  out.truth = doubt ? Truth::Unknown : Truth::No;
}

void name_process(const std::string& binary, std::uint64_t pid, EventVerdict& verdict) {
  verdict.binary = binary;
  verdict.pid = static_cast<std::uint32_t>(pid);
}

template <class Recorded>
std::vector<EventVerdict> test(const HookPlan& plan, const Recorded& event) {
  std::vector<EventVerdict> out;
  for (const PlannedHook& hook : plan.hooks) {
    const auto evidence = evidence_of(hook, event);
    if (!evidence) continue;
    EventVerdict& verdict = out.emplace_back();
    verdict.hook = evidence->hook();
    verdict.hook_span = hook.span;
    name_process(evidence->binary(false), evidence->pid().value_or(0), verdict);
    decide(hook, Evaluation(hook, *evidence), verdict);
  }
  if (const auto load = plan.loader ? load_of(event) : std::nullopt) {
    EventVerdict& verdict = out.emplace_back();
    verdict.hook = "loader";
    verdict.hook_span = plan.loader_span;
    name_process(load->binary, load->pid, verdict);
    verdict.truth = Truth::Yes;  // there is nothing to select by
    verdict.actions = {std::string(to_string(ActionKind::Post))};
  }
  return out;
}

}  // namespace

std::string_view to_string(Truth truth) {
  switch (truth) {
    case Truth::No: return "no";
    case Truth::Yes: return "yes";
    case Truth::Unknown: break;
  }
  return "unknown";
}

Result<std::vector<EventVerdict>> test_event(const HookPlan& plan, std::string_view line) {
  const auto event = parse_json(line);
  if (!event || !event->is_object()) return fail(ErrorCode::Io, "not a JSON object");
  return test(plan, *event);
}

std::vector<EventVerdict> test_event(const HookPlan& plan, const Event& event) {
  return test(plan, event);
}

}  // namespace burin
