// What is captured: the source of each value, its field in the record, its text slot.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// Adds the field (and the text slot) of one captured value.
void lay_out(PlannedHook& planned, PlannedArg& arg, const std::string& name) {
  const ArgType* type = find_type(arg.type);
  if (!type || !type->shape.size) return;
  RecordLayout& record = planned.record;
  arg.field = record.add(name, std::string(type->shape.c_type), type->shape.size, type->shape.align);
  if (type->shape.text_max) {
    arg.text = planned.texts++;
    record.tail_max += type->shape.text_max;
  }
  if (arg.max_data) arg.data_field = record.add(name + "_data", "struct w_data", sizeof(wire::DataRef), 8);
  if (arg.return_copy) arg.address = record.add(name + "_at", "u64", 8, 8);
  if (!arg.source.steps.empty() || arg.source.kind == ArgSource::Kind::CurrentTask)
    arg.error = record.add(name + "_error", "u32", 4, 4);
}

/// PlannedArg::what of a value that is not the return value.
std::string name_of_value(const PolicyArg& arg) {
  std::string out;
  switch (arg.source) {
    case PolicyArg::Source::Parameter: out = std::to_string(arg.index); break;
    case PolicyArg::Source::CurrentTask: out = "current_task"; break;
    case PolicyArg::Source::PtRegs: out = "pt_regs"; break;
  }
  if (!arg.btf_type.empty()) out += '(' + arg.btf_type_module + ' ' + arg.btf_type + ')';
  if (!arg.resolve.empty()) out += '.' + arg.resolve;
  return arg.return_copy ? out + " at the return" : out;
}

PlannedArg plan_one(Placed placed, const PolicyArg& arg, const std::string& name, PlannedHook& planned,
                    Diagnostics& diagnostics) {
  if (!placed.problem.empty())
    diagnostics.error("unknown-arg", placed.span.line ? placed.span : arg.span, placed.problem);
  PlannedArg out;
  out.index = arg.index;
  out.type = std::move(placed.type);
  out.label = arg.label;
  out.what = name_of_value(arg);
  out.source = std::move(placed.source);
  out.return_copy = arg.return_copy;
  out.max_data = arg.max_data;
  out.span = arg.span;
  if (placed.problem.empty() && !find_type(out.type))
    diagnostics.error("unknown-arg", arg.type_span.line ? arg.type_span : arg.span,
                      "this value is shown by argument type " + out.type + ", which does not exist yet");
  lay_out(planned, out, name);
  return out;
}

/// Where the length of argument `i` is. sizeArgIndex counts parameters from 1; the length is a parameter like any
/// other, captured or not.
void plan_length(const Hook& hook, const Callee& callee, const PlanInput& in, std::size_t i, PlannedHook& planned,
                 Diagnostics& diagnostics) {
  const std::uint32_t index = *hook.args[i].size_arg_index - 1;
  for (std::size_t j = 0; j < hook.args.size(); ++j) {
    if (hook.args[j].index != index || j == i || hook.args[j].return_copy || !hook.args[j].resolve.empty()) continue;
    if (find_type(planned.args[j].type) && find_type(planned.args[j].type)->shape.size) planned.args[i].size_arg = j;
  }
  if (planned.args[i].size_arg) return;
  PolicyArg length;
  length.index = index;
  length.type = "auto";
  length.span = hook.args[i].span;
  Placed placed = source_of(hook, callee, planned.rung, length, in);
  if (!placed.problem.empty()) diagnostics.error("unknown-arg", hook.args[i].span, placed.problem);
  planned.args[i].size_source = std::move(placed.source);
}

/// Bytes without a length cannot be read.
void check_lengths(const PlannedHook& planned, Diagnostics& diagnostics) {
  for (const auto& arg : planned.args) {
    if (arg.type != "char_buf" && arg.type != "char_iovec") continue;
    const bool known = arg.size_arg || arg.size_source || arg.return_copy || arg.source.length != 0 ||
                       arg.source.kind == ArgSource::Kind::ContextDataLoc;
    if (!known)
      diagnostics.error("missing-field", arg.span, "how long the bytes of this " + arg.type + " are is not said",
                        "sizeArgIndex names the parameter (counted from 1) that holds the length");
  }
}

}  // namespace

void plan_arguments(const Hook& hook, const Callee& callee, const PlanInput& in, PlannedHook& planned,
                    Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < hook.args.size(); ++i)
    planned.args.push_back(plan_one(source_of(hook, callee, planned.rung, hook.args[i], in), hook.args[i],
                                    "a" + std::to_string(i), planned, diagnostics));
  for (std::size_t i = 0; i < hook.data.size(); ++i)
    planned.data.push_back(plan_one(source_of(hook, callee, planned.rung, hook.data[i], in), hook.data[i],
                                    "d" + std::to_string(i), planned, diagnostics));
  for (std::size_t i = 0; i < hook.args.size(); ++i)
    if (hook.args[i].size_arg_index) plan_length(hook, callee, in, i, planned, diagnostics);
  check_lengths(planned, diagnostics);
  planned.at_return = hook.at_return;
  if (std::ranges::any_of(planned.args, &PlannedArg::return_copy)) {
    PolicyArg length;
    length.type = "int64";
    length.span = hook.span;
    Placed placed = return_source(hook, callee, planned.rung, length, in);
    if (!placed.problem.empty()) diagnostics.error("unknown-arg", hook.span, placed.problem);
    planned.copied = std::move(placed.source);
  }
  if (hook.at_return) {
    planned.record.add("active", "u32", 4, 4);
    planned.record.add("target", "u32", 4, 4);
  }
  planned.return_arg_action = hook.return_arg_action;
  if (hook.at_return && hook.return_arg) {
    planned.return_arg = plan_one(return_source(hook, callee, planned.rung, *hook.return_arg, in), *hook.return_arg,
                                  "ret", planned, diagnostics);
    planned.return_arg->what = "return" + (hook.return_arg->resolve.empty() ? "" : "." + hook.return_arg->resolve);
  }
}

}  // namespace burin
