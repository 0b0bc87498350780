// What is captured: the source of each value, its field in the record, its text slot.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// The format file's fields of a tracepoint, or null.
const TracepointFormat* format_of(const PlanInput& in, const std::string& name) {
  const auto found = in.host.tracepoints.find(name);
  return found == in.host.tracepoints.end() ? nullptr : &found->second;
}

/// The integer type that has these bytes.
std::string integer_type(std::uint32_t size, bool is_signed) {
  const std::string bits = std::to_string(size * 8);
  return (is_signed ? "int" : "uint") + bits;
}

/// How a field of a tracepoint's record is read, and the type it has when the policy says `auto`.
ArgSource field_source(const TracepointField& field, std::string& type) {
  ArgSource source;
  source.offset = field.offset;
  source.size = field.size;
  source.is_signed = field.is_signed;
  const bool array = field.type.ends_with("]");
  if (field.data_loc) {
    source.kind = ArgSource::Kind::ContextDataLoc;
    if (type == "auto") type = field.type.find("char") != std::string::npos ? "data_loc" : "char_buf";
  } else if (array) {
    source.kind = ArgSource::Kind::ContextAddress;
    if (type == "auto") type = field.type.find("char[") != std::string::npos && field.is_signed ? "string" : "char_buf";
  } else {
    source.kind = ArgSource::Kind::ContextWord;
    // A pointer to text that a syscall was given; other pointers are numbers.
    if (type == "auto" && field.type.find("char *") != std::string::npos) type = "string";
    if (type == "auto") type = integer_type(field.size, field.is_signed);
  }
  return source;
}

struct Placed {
  ArgSource source;
  std::string type;
  std::string problem;
};

Placed tracepoint_source(const Hook& hook, const PolicyArg& arg, const PlanInput& in) {
  const std::string name = hook.subsystem + ":" + hook.call;
  const TracepointFormat* format = format_of(in, name);
  if (!format) return {{}, arg.type, {}};
  if (arg.index >= format->fields.size())
    return {{},
            arg.type,
            "tracepoint " + name + " has " + std::to_string(format->fields.size()) +
                " fields (the common ones counted): there is none with index " + std::to_string(arg.index)};
  const TracepointField& field = format->fields[arg.index];
  if (field.offset < 8)
    return {{}, arg.type, "field " + field.name + " of " + name + " cannot be read by a BPF program"};
  Placed out{{}, arg.type, {}};
  out.source = field_source(field, out.type);
  // sys_enter's `args` is six words: raw pointers and numbers of unknown type.
  out.source.user = hook.subsystem == "syscalls" || hook.subsystem == "raw_syscalls";
  return out;
}

Placed source_of(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in) {
  Placed out{{}, arg.type, {}};
  out.source.index = arg.index;
  if (arg.source == PolicyArg::Source::CurrentTask) {
    out.source.kind = ArgSource::Kind::CurrentTask;
    return out;
  }
  if (arg.source == PolicyArg::Source::PtRegs) {
    out.source.kind = ArgSource::Kind::SavedRegister;
    out.source.name = arg.resolve;
    return out;
  }
  switch (rung) {
    case Rung::Kprobe:
      out.source.kind = callee.syscall ? ArgSource::Kind::SyscallRegister : ArgSource::Kind::Register;
      out.source.user = callee.syscall;
      break;
    case Rung::StateSockOps: break;
    case Rung::SyscallTracepoint: {
      out.source.kind = ArgSource::Kind::ContextWord;
      out.source.offset = 16 + 8 * arg.index;  // struct syscall_trace_enter: 8 common bytes, the number, then words
      out.source.size = 8;
      out.source.user = true;
      break;
    }
    case Rung::Tracepoint: return tracepoint_source(hook, arg, in);
    case Rung::RawTracepoint:
    case Rung::Fentry:
    case Rung::Lsm: out.source.kind = ArgSource::Kind::ContextArgument; break;
    case Rung::Uprobe: out.source.user = true; break;
  }
  return out;
}

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
  if (!arg.source.steps.empty() || arg.source.kind == ArgSource::Kind::CurrentTask)
    arg.error = record.add(name + "_error", "u32", 4, 4);
}

/// Resolves `resolve: a.b.c` through the host's layouts into steps.
void plan_resolve(const Hook& hook, const PolicyArg& arg, const PlanInput& in, PlannedArg& planned,
                  Diagnostics& diagnostics);

PlannedArg plan_one(const Hook& hook, const Callee& callee, const PolicyArg& arg, const PlanInput& in,
                    const std::string& name, PlannedHook& planned, Diagnostics& diagnostics) {
  Placed placed = source_of(hook, callee, planned.rung, arg, in);
  if (!placed.problem.empty()) diagnostics.error("unknown-arg", arg.span, placed.problem);
  PlannedArg out;
  out.index = arg.index;
  out.type = placed.type;
  out.label = arg.label;
  out.source = std::move(placed.source);
  out.return_copy = arg.return_copy;
  out.max_data = arg.max_data;
  out.span = arg.span;
  if (!arg.resolve.empty() && arg.source != PolicyArg::Source::PtRegs) plan_resolve(hook, arg, in, out, diagnostics);
  lay_out(planned, out, name);
  return out;
}

void plan_resolve(const Hook&, const PolicyArg& arg, const PlanInput&, PlannedArg&, Diagnostics& diagnostics) {
  diagnostics.error("not-yet", arg.resolve_span, "`resolve` cannot be followed yet");
}

}  // namespace

void plan_arguments(const Hook& hook, const Callee& callee, const PlanInput& in, PlannedHook& planned,
                    Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < hook.args.size(); ++i)
    planned.args.push_back(
        plan_one(hook, callee, hook.args[i], in, "a" + std::to_string(i), planned, diagnostics));
  for (std::size_t i = 0; i < hook.data.size(); ++i)
    planned.data.push_back(
        plan_one(hook, callee, hook.data[i], in, "d" + std::to_string(i), planned, diagnostics));
  for (std::size_t i = 0; i < hook.args.size(); ++i) {
    if (!hook.args[i].size_arg_index) continue;
    // sizeArgIndex counts parameters from 1; the length is a parameter like any other, captured or not.
    for (std::size_t j = 0; j < hook.args.size(); ++j)
      if (hook.args[j].index + 1 == *hook.args[i].size_arg_index) planned.args[i].size_arg = j;
  }
  planned.at_return = hook.at_return;
  if (hook.at_return) {
    planned.record.add("active", "u32", 4, 4);
    planned.record.add("target", "u32", 4, 4);
  }
  planned.return_arg_action = hook.return_arg_action;
  if (hook.at_return && hook.return_arg) {
    PlannedArg arg;
    arg.type = hook.return_arg->type;
    arg.label = hook.return_arg->label;
    arg.source.kind =
        planned.rung == Rung::SyscallTracepoint ? ArgSource::Kind::SyscallReturn : ArgSource::Kind::Return;
    arg.source.user = callee.syscall || planned.rung == Rung::Uprobe;
    arg.span = hook.return_arg->span;
    lay_out(planned, arg, "ret");
    planned.return_arg = std::move(arg);
  }
}

}  // namespace burin
