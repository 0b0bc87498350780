// Where each value of a hook is, on the rung that serves it, and what type it has.
#include <algorithm>

#include "plan/steps.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// Parameters that are passed in registers, on x86-64 and on arm64 as far as both have them.
constexpr std::uint32_t kRegisters = 6;
/// MAX_BPF_FUNC_ARGS: what the kernel hands to a raw tracepoint's program.
constexpr std::uint32_t kContextArguments = 12;

const TracepointFormat* format_of(const PlanInput& in, const std::string& name) {
  const auto found = in.host.tracepoints.find(name);
  return found == in.host.tracepoints.end() ? nullptr : &found->second;
}

/// The integer type that has these bytes; empty: none has.
std::string integer_type(std::uint32_t size, bool is_signed) {
  if (size != 1 && size != 2 && size != 4 && size != 8) return {};
  return (is_signed ? "int" : "uint") + std::to_string(size * 8);
}

/// The type of one number of a tracepoint's record. Syscall tracepoints keep every parameter in 8 bytes, whatever its
/// type: what C calls it decides there.
std::string number_type(const TracepointField& field) {
  constexpr std::pair<std::string_view, const char*> kWords[] = {
      {"int", "int32"}, {"unsigned int", "uint32"}, {"umode_t", "uint16"}, {"u32", "uint32"}, {"pid_t", "int32"}};
  if (field.size == 8)
    for (const auto& [written, type] : kWords)
      if (field.type == written) return type;
  return integer_type(field.size, field.is_signed);
}

bool has_chars(const TracepointField& field) {
  return field.type.find("char") != std::string::npos && field.type.find("unsigned char") == std::string::npos;
}

/// What `auto` means for an array inside a tracepoint's record: text, words, or bytes.
std::string array_type(const TracepointField& field) {
  const std::string_view element = std::string_view(field.type).substr(0, field.type.find('['));
  if (has_chars(field)) return "string";
  if (element == "unsigned long" || element == "long") return "const_buf";
  return "char_buf";
}

/// How a field of a tracepoint's record is read, and the type it has when the policy says `auto`.
ArgSource field_source(const TracepointField& field, bool has_length, std::string& type) {
  ArgSource source;
  source.offset = field.offset;
  source.size = field.size;
  source.is_signed = field.is_signed;
  const bool decide = type == "auto";
  if (field.data_loc) {
    source.kind = ArgSource::Kind::ContextDataLoc;
    if (decide) type = has_chars(field) ? "string" : "char_buf";
  } else if (field.type.ends_with("]")) {
    source.kind = ArgSource::Kind::ContextAddress;
    source.length = field.size;
    if (decide) type = array_type(field);
  } else {
    source.kind = ArgSource::Kind::ContextWord;
    // A pointer to text (bytes, when the policy says how many); other pointers are numbers.
    if (decide && field.type.ends_with("char *"))
      type = has_length ? "char_buf" : "string";
    else if (decide)
      type = number_type(field);
  }
  return source;
}

/// The first 8 bytes of a tracepoint's record are not the program's to read; two of the four fields there are known
/// otherwise.
bool common_field(const TracepointField& field, const TracepointFormat& format, Placed& out) {
  if (field.name == "common_type") {
    out.source.kind = ArgSource::Kind::Constant;
    out.source.offset = static_cast<std::uint32_t>(format.id);
  } else if (field.name == "common_pid") {
    out.source.kind = ArgSource::Kind::Tid;
  } else {
    return false;
  }
  if (out.type == "auto") out.type = integer_type(field.size, field.is_signed);
  return true;
}

Placed tracepoint_source(const Hook& hook, const PolicyArg& arg, const PlanInput& in) {
  Placed out{{}, arg.type, {}, arg.span};
  const std::string name = hook.subsystem + ":" + hook.call;
  const TracepointFormat* format = format_of(in, name);
  if (!format) return out;  // the rung's own problem
  if (arg.index >= format->fields.size()) {
    out.problem = "tracepoint " + name + " has " + std::to_string(format->fields.size()) +
                  " fields (the common ones counted): there is none with index " + std::to_string(arg.index);
    return out;
  }
  const TracepointField& field = format->fields[arg.index];
  if (field.offset < 8) {
    if (!common_field(field, *format, out))
      out.problem = "the kernel does not let BPF programs read field " + field.name + " of tracepoint " + name;
    return out;
  }
  if (arg.type == "nop") return out;
  out.source = field_source(field, arg.size_arg_index.has_value(), out.type);
  const bool word = out.source.kind == ArgSource::Kind::ContextWord;
  if (out.type.empty() || (word && integer_type(field.size, false).empty())) {
    out.problem = "field " + field.name + " of tracepoint " + name + " (" + field.type + ", " +
                  std::to_string(field.size) + " bytes) has no argument type";
    out.type = arg.type;
  }
  // What a system call was given points to user memory.
  out.source.user = hook.subsystem == "syscalls" || hook.subsystem == "raw_syscalls";
  return out;
}

/// Parameter or return value by the callee's prototype: nothing when there is no BTF to ask.
std::optional<Result<BtfPath>> ask_prototype(const Hook& hook, const Callee& callee, Rung rung, std::uint32_t index,
                                             const PlanInput& in) {
  if (!in.ask.path) return std::nullopt;
  BtfQuestion q;
  q.from = rung == Rung::RawTracepoint ? BtfQuestion::From::RawTracepoint : BtfQuestion::From::Function;
  q.name = rung == Rung::RawTracepoint ? hook.call : rung == Rung::Lsm ? "bpf_lsm_" + hook.call : callee.function;
  q.index = index;
  return in.ask.path(q);
}

void take_path(const BtfPath& path, Placed& out) {
  out.source.steps = path.steps;
  out.source.value_size = path.size;
  out.source.value_signed = path.is_signed;
  out.source.value_in_place = path.in_place;
  out.source.value_shift = path.shift;
  out.source.value_mask = path.mask;
  if (path.in_place) out.source.length = path.size;
}

/// `resolve`: the way to the member; its type is the argument's, whatever `type` says.
void plan_resolve(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in,
                  Placed& out) {
  const auto wrong = [&](std::string why) {
    out.problem = std::move(why);
    out.span = arg.resolve_span.line ? arg.resolve_span : arg.span;
  };
  if (!in.ask.path) return wrong("`resolve` needs this kernel's type information (BTF), which cannot be read here");
  if (out.source.kind == ArgSource::Kind::ContextDataLoc || out.source.kind == ArgSource::Kind::ContextAddress)
    return wrong("`resolve` begins at a pointer, and this field is an array");
  BtfQuestion q;
  q.path = arg.resolve;
  if (arg.source == PolicyArg::Source::CurrentTask) {
    q.name = "task_struct";
  } else if (!arg.btf_type.empty()) {
    q.name = arg.btf_type.starts_with("struct ") ? arg.btf_type.substr(7) : arg.btf_type;
    q.module = arg.btf_type_module;
    if (rung == Rung::Uprobe) q.file = hook.btf_path;
  } else if (rung == Rung::Kprobe || rung == Rung::Fentry || rung == Rung::Lsm || rung == Rung::RawTracepoint) {
    if (callee.syscall) return wrong("say what the parameter points to (btfType): a system call's prototype does not");
    q.from = rung == Rung::RawTracepoint ? BtfQuestion::From::RawTracepoint : BtfQuestion::From::Function;
    q.name = rung == Rung::RawTracepoint ? hook.call : rung == Rung::Lsm ? "bpf_lsm_" + hook.call : callee.function;
    q.index = arg.index;
  } else {
    return wrong("say what the value points to (btfType): the hook does not");
  }
  const auto path = in.ask.path(q);
  if (!path) return wrong("`" + arg.resolve + "` cannot be followed: " + path.error().message);
  take_path(*path, out);
  if (!path->type.empty())
    out.type = path->type;
  else if (arg.type == "auto" || arg.type.empty())
    wrong("`" + arg.resolve + "` ends at a value of type " + (path->c_type.empty() ? "unknown" : path->c_type) +
          ", which no argument type shows");
}

Placed parameter_source(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in) {
  Placed out{{}, arg.type, {}, arg.span};
  out.source.index = arg.index;
  const bool registers = rung == Rung::Kprobe || rung == Rung::Uprobe || callee.syscall;
  const std::uint32_t most = registers ? kRegisters : kContextArguments;
  if (arg.index >= most && hook.kind != HookKind::Usdt) {
    out.problem = "only parameters 0 to " + std::to_string(most - 1) + " can be read here";
    return out;
  }
  switch (rung) {
    case Rung::Kprobe:
      out.source.kind = callee.syscall ? ArgSource::Kind::SyscallRegister : ArgSource::Kind::Register;
      out.source.user = callee.syscall;
      out.source.compat = callee.compat;
      break;
    case Rung::SyscallTracepoint: {
      out.source.kind = ArgSource::Kind::ContextWord;
      out.source.offset = 16 + 8 * arg.index;  // struct syscall_trace_enter: 8 common bytes, the number, then words
      out.source.size = 8;
      out.source.user = true;
      const TracepointFormat* format = format_of(in, "syscalls:sys_enter_" + callee.name);
      // Four common fields and the number stand before the first parameter.
      if (out.type == "auto" && format && arg.index + 5 < format->fields.size()) {
        const std::string& c = format->fields[arg.index + 5].type;
        out.type = c.ends_with("char *") ? "string" : c == "int" ? "int32" : c == "unsigned int" ? "uint32" : "uint64";
      }
      break;
    }
    case Rung::Fentry:
      if (!callee.syscall) {
        out.source.kind = ArgSource::Kind::ContextArgument;
        break;
      }
      out.source.kind = ArgSource::Kind::ContextSyscall;
      out.source.user = true;
      out.source.compat = callee.compat;
      break;
    case Rung::RawTracepoint:
    case Rung::Lsm: out.source.kind = ArgSource::Kind::ContextArgument; break;
    case Rung::Uprobe: out.source.user = true; break;
    case Rung::Tracepoint:
    case Rung::StateSockOps: break;
  }
  const bool prototype =
      out.source.kind == ArgSource::Kind::ContextArgument || (rung == Rung::Kprobe && !callee.syscall);
  if (!prototype || (in.only_rung && out.type != "auto")) return out;
  // A kprobe's registers can be read whatever the prototype says; the others have only what it names.
  const bool must = out.type == "auto" || out.source.kind == ArgSource::Kind::ContextArgument;
  if (!must) return out;
  const auto known = ask_prototype(hook, callee, rung, arg.index, in);
  if (known && !*known && (out.type == "auto" || (*known).error().code == ErrorCode::NotFound))
    out.problem = (*known).error().message;
  if (out.type != "auto") return out;
  if (known && *known && !(*known)->type.empty())
    out.type = (*known)->type;
  else if (out.problem.empty())
    out.problem = known && *known ? "a parameter of type " + (*known)->c_type + " has no argument type: name one"
                                  : "`auto` needs this kernel's type information (BTF): name the type";
  return out;
}

}  // namespace

bool reads_prototype(const Hook& hook, Rung rung) {
  if (rung == Rung::Fentry || rung == Rung::Lsm) return true;
  return std::ranges::any_of(
      hook.args, [](const PolicyArg& a) { return a.type == "auto" || (!a.resolve.empty() && a.btf_type.empty()); });
}

Placed source_of(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in) {
  Placed out{{}, arg.type, {}, arg.span};
  if (arg.source == PolicyArg::Source::PtRegs) {
    out.source.kind = ArgSource::Kind::SavedRegister;
    out.source.name = register_member(arg.resolve);
    if (out.type == "auto" || out.type.empty()) out.type = "uint64";
    if (rung != Rung::Kprobe && rung != Rung::Uprobe)
      out.problem = "the registers are known at kprobes and uprobes only, and this hook is served by a " +
                    std::string(to_string(rung));
    else if (out.source.name.empty())
      out.problem = "`resolve` names a register here (rdi, rsi, rax, rip, ...), not \"" + arg.resolve + "\"";
    return out;
  }
  if (arg.source == PolicyArg::Source::CurrentTask) {
    out.source.kind = ArgSource::Kind::CurrentTask;
    if (arg.resolve.empty() && (out.type == "auto" || out.type.empty())) out.type = "uint64";
  } else {
    out = rung == Rung::Tracepoint ? tracepoint_source(hook, arg, in) : parameter_source(hook, callee, rung, arg, in);
  }
  if (out.problem.empty() && !arg.resolve.empty()) {
    // The kernel's structures are in kernel memory, wherever the pointer came from.
    if (rung != Rung::Uprobe) out.source.user = false;
    if (arg.source == PolicyArg::Source::CurrentTask) out.source.user = false;
    plan_resolve(hook, callee, rung, arg, in, out);
  }
  return out;
}

Placed return_source(const Hook& hook, const Callee& callee, Rung rung, const PolicyArg& arg, const PlanInput& in) {
  Placed out{{}, arg.type, {}, arg.span};
  out.source.kind = rung == Rung::SyscallTracepoint ? ArgSource::Kind::SyscallReturn : ArgSource::Kind::Return;
  out.source.user = callee.syscall || rung == Rung::Uprobe;
  if (out.type == "auto" && callee.syscall) out.type = "int64";
  if (rung != Rung::Fentry && out.type != "auto") return out;
  const auto known = ask_prototype(hook, callee, rung, BtfQuestion::kReturn, in);
  if (rung == Rung::Fentry) {
    // fexit finds the return value behind the parameters.
    out.source.kind = ArgSource::Kind::ContextArgument;
    out.source.user = false;
    if (known && *known)
      out.source.index = (*known)->parameters;
    else if (!in.only_rung)
      out.problem = known ? (*known).error().message : "fexit needs the kernel's type information";
  }
  if (out.type == "auto") {
    if (known && *known && !(*known)->type.empty())
      out.type = (*known)->type;
    else if (out.problem.empty())
      out.problem = "the type of the return value is not known: name it";
  }
  return out;
}

}  // namespace burin
