// Selectors -> what is compared with what.
#include <algorithm>

#include "operators/operator.h"
#include "operators/syscall_argument.h"
#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// The types of the arguments that a filter looks at; empty when something about them is wrong. What does not fit was
/// reported by the reader, except where the type was decided only here (`auto`).
std::vector<const ArgType*> types_of(const ArgFilter& filter, const Operator& op,
                                     const std::vector<const PlannedArg*>& args, Diagnostics& diagnostics) {
  std::vector<const ArgType*> out;
  for (const std::size_t position : filter.positions) {
    const ArgType* type = position < args.size() ? find_type(args[position]->type) : nullptr;
    if (!type) return {};
    if (!op.applies_to(type->type_class)) {
      diagnostics.error("operator-type", filter.op_span,
                        std::string(op.name) + " does not apply to arguments of type " + std::string(type->name));
      return {};
    }
    out.push_back(type);
  }
  return out;
}

/// `list:NAME` replaced by the list's system calls, each at the place where the list is named.
std::vector<Located<std::string>> without_lists(const std::vector<Located<std::string>>& values, const Policy& policy,
                                                const PlanInput& in, Diagnostics& diagnostics) {
  constexpr std::string_view kList = "list:";
  std::vector<Located<std::string>> out;
  for (const auto& value : values) {
    if (!value.value.starts_with(kList)) {
      out.push_back(value);
      continue;
    }
    const SymbolList* list = policy.find_list(std::string_view(value.value).substr(kList.size()));
    if (!list) continue;  // the reader has reported it
    if (list->type != SymbolList::Type::GeneratedSyscalls) {
      for (const auto& name : list->values) out.push_back({name.value, value.span});
      continue;
    }
    std::string unknown;
    for (const auto& name : in.ask.syscalls ? in.ask.syscalls() : std::vector<std::string>{}) {
      if (is_syscall(name))
        out.push_back({name, value.span});
      else
        unknown += " " + name;
    }
    if (!unknown.empty())
      diagnostics.warning("unknown-syscalls", value.span,
                          "system calls of this kernel whose numbers are not known here are left out:" + unknown);
  }
  return out;
}

/// The values of each filter, parsed by its operator.
void plan_filters(const std::vector<ArgFilter>& filters, Subject subject, const std::vector<const PlannedArg*>& args,
                  const Policy& policy, const PlanInput& in, std::vector<PlannedFilter>& out,
                  Diagnostics& diagnostics) {
  for (const auto& filter : filters) {
    const Operator* op = find_operator(filter.op);
    if (!op) continue;
    const auto types = types_of(filter, *op, args, diagnostics);
    if (types.empty()) continue;
    if (std::ranges::any_of(filter.positions, [&](std::size_t p) { return p < args.size() && args[p]->return_copy; })) {
      diagnostics.error(
          "operator-type", filter.span,
          "a buffer with returnCopy is filled by the function: nothing is known of it when the call begins",
          "filter on the other arguments, or on the return value with matchReturnArgs");
      continue;
    }
    const auto values = without_lists(filter.values, policy, in, diagnostics);
    Operand operand = op->parse_all ? op->parse_all(values, types, filter.positions, diagnostics)
                                    : op->parse(values, *types.front(), diagnostics);
    out.push_back({subject, filter.positions, filter.op, std::move(operand), filter.span});
  }
}

std::vector<const PlannedArg*> pointers(const std::vector<PlannedArg>& args) {
  std::vector<const PlannedArg*> out;
  for (const auto& a : args) out.push_back(&a);
  return out;
}

}  // namespace

PlannedSelector plan_selector(const Policy& policy, const Selector& selector, const PlannedHook& hook,
                              const PlanInput& in, Marks& marks, Diagnostics& diagnostics) {
  PlannedSelector out;
  out.span = selector.span;
  out.label = selector.label;
  plan_filters(selector.match_args, Subject::Args, pointers(hook.args), policy, in, out.filters, diagnostics);
  plan_filters(selector.match_data, Subject::Data, pointers(hook.data), policy, in, out.filters, diagnostics);
  if (hook.return_arg)
    plan_filters(selector.match_return_args, Subject::Return, {&*hook.return_arg}, policy, in, out.return_filters,
                 diagnostics);
  plan_process_filters(selector, in, marks, diagnostics, out.process);
  out.actions = selector.actions;
  if (out.actions.empty()) out.actions.emplace_back();
  out.return_actions = selector.return_actions;
  return out;
}

}  // namespace burin
