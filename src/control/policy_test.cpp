// Three-valued: a record does not say everything that the kernel knew, and a guess would be worse than "unknown".
#include "control/policy_test.h"

#include <algorithm>

#include "cidr/cidr.h"
#include "event/compact_value.h"
#include "event/json_node.h"
#include "event/parse_value.h"
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

std::string_view without_prefix(std::string_view function) {
  for (const std::string_view prefix : {"__x64_", "__arm64_"})
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  return function;
}

/// The body of the event if it is one of this hook's, else null.
const JsonNode* body_of(const PlannedHook& hook, const JsonNode& event) {
  const auto is = [](const JsonNode& body, const char* key, const std::string& value) {
    return body.string(key) == value;
  };
  switch (hook.kind) {
    case HookKind::Kprobe:
    case HookKind::Fentry:
    case HookKind::Lsm: {
      const JsonNode* body = event.find(hook.kind == HookKind::Lsm ? "process_lsm" : "process_kprobe");
      if (!body) return nullptr;
      const std::string function = body->string("function_name");
      const bool ours = std::ranges::any_of(
          hook.targets, [&](const HookTarget& t) { return without_prefix(t.function) == without_prefix(function); });
      return ours ? body : nullptr;
    }
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: {
      const JsonNode* body = event.find("process_tracepoint");
      return body && is(*body, "subsys", hook.subsystem) && is(*body, "event", hook.event) ? body : nullptr;
    }
    case HookKind::Uprobe: {
      const JsonNode* body = event.find("process_uprobe");
      if (!body || !is(*body, "path", hook.path)) return nullptr;
      const std::string symbol = body->string("symbol");
      const bool ours = std::ranges::any_of(hook.targets, [&](const HookTarget& t) { return t.function == symbol; });
      return ours ? body : nullptr;
    }
    case HookKind::Usdt: {
      const JsonNode* body = event.find("process_usdt");
      return body && is(*body, "path", hook.path) && is(*body, "provider", hook.subsystem) &&
                     is(*body, "name", hook.event)
                 ? body
                 : nullptr;
    }
  }
  return nullptr;
}

std::string name_of(const PlannedHook& hook, const JsonNode& body) {
  switch (hook.kind) {
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: return hook.subsystem + ":" + hook.event;
    case HookKind::Uprobe: return hook.path + ":" + body.string("symbol");
    case HookKind::Usdt: return hook.path + ":" + hook.subsystem + ":" + hook.event;
    case HookKind::Kprobe:
    case HookKind::Fentry:
    case HookKind::Lsm: break;
  }
  return body.string("function_name");
}

/// The recorded arguments by the policy's positions: those of type nop are not in the record.
std::vector<const JsonNode*> by_position(const std::vector<PlannedArg>& args, const JsonNode* recorded) {
  std::vector<const JsonNode*> out;
  std::size_t next = 0;
  for (const PlannedArg& arg : args) {
    const ArgType* type = find_type(arg.type);
    const bool there = type && type->shape.size != 0 && recorded && next < recorded->items.size();
    out.push_back(there ? &recorded->items[next] : nullptr);
    if (type && type->shape.size != 0) ++next;
  }
  return out;
}

bool fits(std::string_view recorded_key, const ArgType& type) {
  return recorded_key == type.json_key || recorded_key == "error_arg" ||
         (recorded_key == "truncated_bytes_arg" && type.json_key == "bytes_arg");
}

class Evaluation {
 public:
  Evaluation(const PlannedHook& hook, const JsonNode& event, const JsonNode& body) : hook_(hook), body_(body) {
    const JsonNode* notes = event.find("burin");
    const auto part = [&](const char* key) {
      const JsonNode* found = body.find(key);
      return found || !notes ? found : notes->find(key);
    };
    args_ = by_position(hook.args, body.find("args"));
    data_ = by_position(hook.data, part("data"));
    returned_ = {part("return")};
  }

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
    std::vector<Value> values;
    std::string shown;
    const ArgType* first = nullptr;
    const std::vector<PlannedArg>& planned = filter.subject == Subject::Data ? hook_.data : hook_.args;
    const auto& recorded = filter.subject == Subject::Args   ? args_
                           : filter.subject == Subject::Data ? data_
                                                             : returned_;
    values.resize(recorded.size());
    for (const std::size_t position : filter.positions) {
      const PlannedArg* arg = filter.subject == Subject::Return ? (hook_.return_arg ? &*hook_.return_arg : nullptr)
                              : position < planned.size()       ? &planned[position]
                                                                : nullptr;
      const ArgType* type = arg ? find_type(arg->type) : nullptr;
      if (!type || position >= recorded.size() || !recorded[position])
        return unknown("the record has no value for " + filter.op);
      const auto* member = argument_member(*recorded[position]);
      if (!member || !fits(member->first, *type))
        return unknown("the record has " + (member ? member->first : std::string("nothing")) +
                       " where the policy has " + arg->type);
      auto value = parse_argument(*recorded[position]);
      if (!value) return unknown("the record cannot say exactly what " + member->first + " was");
      values[position] = std::move(*value);
      shown += (shown.empty() ? "" : ", ") + compact_value(*recorded[position]);
      if (!first) first = type;
    }
    if (!first) return unknown("the filter names no argument");
    const bool holds = op->evaluate_all ? op->evaluate_all(values, filter.positions, filter.operand)
                                        : op->evaluate(values[filter.positions.front()], *first, filter.operand);
    return holds ? Answer{} : Answer{Truth::No, filter.op + " does not hold for " + shown};
  }

  Answer process(const PlannedBinaries& f) const {
    const JsonNode* who = body_.find(f.parent ? "parent" : "process");
    const std::string binary = who ? who->string("binary") : std::string();
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
    const JsonNode* who = body_.find("process");
    const JsonNode* pid = who ? who->find("pid") : nullptr;
    const auto number = pid ? pid->natural() : std::nullopt;
    if (!number) return unknown("the record has no pid");
    if (f.namespace_pid) return unknown("the record does not say the pid in the process's own namespace");
    const bool holds = contains(f.pids, *number);
    if (f.mark && !holds) return unknown("the record does not say which processes this one descends from");
    return answer(holds, f.negated, "matchPIDs (" + pid->text + ")");
  }

  Answer process(const PlannedNamespaces& f) const {
    const JsonNode* who = body_.find("process");
    const JsonNode* all = who ? who->find("ns") : nullptr;
    const JsonNode* one = all ? all->find(proc_name(f.ns)) : nullptr;
    const JsonNode* inum = one ? one->find("inum") : nullptr;
    const auto number = inum ? inum->natural() : std::nullopt;
    if (!number) return unknown("the record does not say the process's namespaces");
    return answer(contains(f.inums, *number), f.negated, "matchNamespaces (" + inum->text + ")");
  }

  Answer process(const PlannedCapabilities& f) const {
    constexpr std::string_view kSets[] = {"effective", "inheritable", "permitted"};
    const JsonNode* who = body_.find("process");
    const JsonNode* caps = who ? who->find("cap") : nullptr;
    if (!caps || f.changes || f.namespaced)
      return unknown("the record does not say enough of the process's capabilities");
    std::uint64_t bits = 0;
    if (const JsonNode* set = caps->find(kSets[static_cast<std::size_t>(f.set)]))
      for (const JsonNode& name : set->items)
        if (const auto bit = capability_named(name.text)) bits |= std::uint64_t{1} << *bit;
    return answer((bits & f.mask) != 0, f.negated, "matchCapabilities");
  }

  Answer process(const PlannedNamespaceChanges&) const {
    return unknown("the record does not say the namespaces that the process had at its exec");
  }
  Answer process(const PlannedWorkloads&) const {
    return unknown("the record does not say which workload the process belongs to");
  }

  const PlannedHook& hook_;
  const JsonNode& body_;
  std::vector<const JsonNode*> args_, data_, returned_;
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

void name_process(const JsonNode& body, EventVerdict& verdict) {
  const JsonNode* process = body.find("process");
  if (!process) return;
  verdict.binary = process->string("binary");
  if (const JsonNode* pid = process->find("pid")) verdict.pid = static_cast<std::uint32_t>(pid->natural().value_or(0));
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
  std::vector<EventVerdict> out;
  for (const PlannedHook& hook : plan.hooks) {
    const JsonNode* body = body_of(hook, *event);
    if (!body) continue;
    EventVerdict& verdict = out.emplace_back();
    verdict.hook = name_of(hook, *body);
    verdict.hook_span = hook.span;
    name_process(*body, verdict);
    decide(hook, Evaluation(hook, *event, *body), verdict);
  }
  if (const JsonNode* body = plan.loader ? event->find("process_loader") : nullptr) {
    EventVerdict& verdict = out.emplace_back();
    verdict.hook = "loader";
    verdict.hook_span = plan.loader_span;
    name_process(*body, verdict);
    verdict.truth = Truth::Yes;  // there is nothing to select by
    verdict.actions = {std::string(to_string(ActionKind::Post))};
  }
  return out;
}

}  // namespace burin
