#include "codegen/source.h"

namespace burin {
namespace {

std::string word(const std::string& address, std::uint32_t size, bool is_signed) {
  const std::string bits = std::to_string(size * 8);
  if (size == 8 || size == 4 || size == 2 || size == 1) {
    if (is_signed) return "(u64)(s64)*(s" + bits + " *)(" + address + ")";
    return "(u64)*(u" + bits + " *)(" + address + ")";
  }
  return "0";
}

/// A USDT argument specification's value; see usdt.cpp.
std::string expression(const ArgSource& source) {
  const std::string at = "ctx + " + std::to_string(source.offset);
  switch (source.kind) {
    case ArgSource::Kind::Register: return "(u64)PT_REGS_PARM" + std::to_string(source.index + 1) + "(ctx)";
    case ArgSource::Kind::SyscallRegister: return "burin_syscall_arg(ctx, " + std::to_string(source.index) + ")";
    case ArgSource::Kind::ContextWord: return word(at, source.size, source.is_signed);
    case ArgSource::Kind::ContextAddress: return "(u64)(" + at + ")";
    case ArgSource::Kind::ContextDataLoc: return "(u64)(ctx + (*(u32 *)(" + at + ") & 0xffff))";
    case ArgSource::Kind::ContextArgument: return "ctx[" + std::to_string(source.index) + "]";
    case ArgSource::Kind::Return: return "(u64)PT_REGS_RC(ctx)";
    case ArgSource::Kind::SyscallReturn: return "*(u64 *)(ctx + 16)";
    case ArgSource::Kind::CurrentTask: return "bpf_get_current_task()";
    case ArgSource::Kind::SavedRegister: return "(u64)ctx->" + source.name;
    case ArgSource::Kind::Usdt: return "0";
  }
  return "0";
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

std::string source_text(const ArgSource& source, const std::string& name, const std::string& fault,
                        const std::string& error) {
  std::string out = "u64 " + name + " = " + expression(source) + ";\n";
  const std::string read = source.user ? "burin_read_user" : "burin_read";
  for (std::size_t i = 0; i < source.steps.size(); ++i) {
    const auto& step = source.steps[i];
    out += name + " += " + std::to_string(step.offset) + ";\n";
    const bool last = i + 1 == source.steps.size();
    if (last && source.value_in_place) break;
    if (!last && !step.follow) continue;
    const std::string size = last ? std::to_string(source.value_size) : "8";
    out += "{\n  u64 next = 0;\n  if (" + read + "(&next, " + size + ", (void *)" + name + ")) {\n";
    if (!error.empty()) out += "    if (!" + error + ") " + error + " = " + std::to_string(i + 1) + ";\n";
    out += "    " + fault + "\n  }\n";
    if (last && source.value_signed && source.value_size < 8)
      out += "  next = (u64)(s64)(s" + std::to_string(source.value_size * 8) + ")next;\n";
    out += "  " + name + " = next;\n}\n";
  }
  return out;
}

}  // namespace burin
