#include "codegen/source.h"

#include <string_view>

namespace burin {
namespace {

std::string word(const std::string& address, std::uint32_t size, bool is_signed) {
  const std::string bits = std::to_string(size * 8);
  if (is_signed) return "(u64)(s64)*(s" + bits + " *)(" + address + ")";
  return "(u64)*(u" + bits + " *)(" + address + ")";
}

std::string member(std::string_view reg) {
  return "(u64)ctx->" + std::string(reg);
}

/// A value of `size` bytes in a u64, widened as its sign wants.
std::string widened(const std::string& value, std::uint32_t size, bool is_signed) {
  if (size == 8) return "(u64)" + value;
  const std::string bits = std::to_string(size * 8);
  return is_signed ? "(u64)(s64)(s" + bits + ")" + value : "(u64)(u" + bits + ")" + value;
}

/// `name` = `size` bytes at `address`; what the read does not fill stays 0.
std::string read_text(const std::string& name, const std::string& read, std::uint32_t size, const std::string& address,
                      const std::string& on_fault) {
  return "if (" + read + "(&" + name + ", " + std::to_string(size) + ", (void *)(" + address + "))) {\n  " + on_fault +
         "\n}\n";
}

std::string usdt_text(const UsdtArg& arg, const std::string& name, const std::string& fault) {
  switch (arg.place) {
    case UsdtArg::Place::Constant: return "u64 " + name + " = " + std::to_string(arg.number) + "ll;\n";
    case UsdtArg::Place::Register:
      return "u64 " + name + " = " + widened(member(arg.base), arg.size, arg.is_signed) + ";\n";
    case UsdtArg::Place::Memory: break;
  }
  std::string address = arg.base.empty() ? "0" : member(arg.base);
  if (!arg.index.empty()) address += " + " + member(arg.index) + " * " + std::to_string(arg.scale);
  address += " + " + std::to_string(arg.number) + "ll";
  std::string out = "u64 " + name + " = 0;\n" + read_text(name, "burin_read_user", arg.size, address, fault);
  if (arg.is_signed) out += name + " = " + widened(name, arg.size, true) + ";\n";
  return out;
}

std::string expression(const ArgSource& source) {
  const std::string at = "(void *)ctx + " + std::to_string(source.offset);
  switch (source.kind) {
    case ArgSource::Kind::Register: return "(u64)PT_REGS_PARM" + std::to_string(source.index + 1) + "(ctx)";
    case ArgSource::Kind::SyscallRegister:
      return (source.compat ? "burin_compat_arg(ctx, " : "burin_syscall_arg(ctx, ") + std::to_string(source.index) +
             ")";
    case ArgSource::Kind::ContextWord: return word(at, source.size, source.is_signed);
    case ArgSource::Kind::ContextAddress: return "(u64)(" + at + ")";
    case ArgSource::Kind::ContextDataLoc: return "(u64)((void *)ctx + (*(u32 *)(" + at + ") & 0xffff))";
    case ArgSource::Kind::Return: return "(u64)PT_REGS_RC(ctx)";
    case ArgSource::Kind::SyscallReturn: return "*(u64 *)((void *)ctx + 16)";
    case ArgSource::Kind::CurrentTask: return "bpf_get_current_task()";
    case ArgSource::Kind::SavedRegister: return member(source.name);
    case ArgSource::Kind::Constant: return std::to_string(source.offset);
    case ArgSource::Kind::Tid: return "(u64)(u32)bpf_get_current_pid_tgid()";
    case ArgSource::Kind::ContextArgument:
    case ArgSource::Kind::ContextSyscall:
    case ArgSource::Kind::Usdt: break;
  }
  return "0";
}

/// Declares `name` with the value before any step.
std::string begin_text(const ArgSource& source, const std::string& name, const std::string& fault) {
  if (source.kind == ArgSource::Kind::Usdt) return usdt_text(source.usdt, name, fault);
  // Read by a helper: what the verifier knows of the argument's type would stand in the way of plain arithmetic.
  if (source.kind == ArgSource::Kind::ContextArgument)
    return "u64 " + name + " = 0;\n" +
           read_text(name, "burin_read", 8, "(void *)ctx + " + std::to_string(8 * source.index), fault);
  if (source.kind == ArgSource::Kind::ContextSyscall)
    return "u64 " + name + " = 0;\n" + read_text(name, "burin_read", 8, "(void *)ctx", fault) + name + " = burin_" +
           (source.compat ? "compat" : "syscall") + "_word(" + name + ", " + std::to_string(source.index) + ");\n";
  return "u64 " + name + " = " + expression(source) + ";\n";
}

}  // namespace

std::string context_type(Rung rung) {
  switch (rung) {
    case Rung::Kprobe:
    case Rung::Uprobe: return "struct pt_regs *";
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps: return "void *";
    case Rung::RawTracepoint:
    case Rung::Fentry:
    case Rung::Lsm: return "u64 *";
  }
  return "void *";
}

std::string source_length(const ArgSource& source) {
  if (source.kind == ArgSource::Kind::ContextDataLoc && source.steps.empty())
    return "(u64)(*(u32 *)((void *)ctx + " + std::to_string(source.offset) + ") >> 16)";
  return source.length ? std::to_string(source.length) : std::string();
}

std::string source_text(const ArgSource& source, const std::string& name, const std::string& fault,
                        const std::string& error) {
  std::string out = begin_text(source, name, fault);
  const std::string read = source.user ? "burin_read_user" : "burin_read";
  std::uint32_t depth = 0;
  for (std::size_t i = 0; i < source.steps.size(); ++i) {
    const auto& step = source.steps[i];
    const bool last = i + 1 == source.steps.size();
    if (step.offset) out += name + " += " + std::to_string(step.offset) + ";\n";
    if (last ? source.value_in_place : !step.follow) continue;
    ++depth;
    std::string on_fault = fault;
    if (!error.empty()) on_fault = "if (!" + error + ") " + error + " = " + std::to_string(depth) + ";\n  " + fault;
    out += "{\nu64 next = 0;\n" + read_text("next", read, last ? source.value_size : 8, name, on_fault);
    if (last && source.value_mask)
      out += "next = (next >> " + std::to_string(source.value_shift) + ") & " + std::to_string(source.value_mask) +
             "ull;\n";
    else if (last && source.value_signed)
      out += "next = " + widened("next", source.value_size, true) + ";\n";
    out += name + " = next;\n}\n";
  }
  return out;
}

}  // namespace burin
