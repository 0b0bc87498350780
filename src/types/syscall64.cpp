// `syscall64`: a syscall's number, and which table it is of: a 32-bit program's calls have other numbers.
#include <cstring>

#include "types/builtin.h"
#include "types/wire_structs.h"

namespace burin {
namespace {

// AUDIT_ARCH_* of the table that the current task's call goes through. On x86-64 the kernel notes a 32-bit call in
// thread_info.status (TS_COMPAT), on arm64 a 32-bit task in thread_info.flags (TIF_32BIT).
constexpr char kSupport[] = R"(static __always_inline u32 burin_syscall_abi(void) {
  u64 task = bpf_get_current_task();
#if defined(__x86_64__)
  u32 status = 0;
#ifdef L_task_struct_thread_info_status
  burin_read(&status, 4, (void *)(task + L_task_struct_thread_info_status));
#endif
  return status & 2 ? 0x40000003u : 0xc000003eu;
#elif defined(__aarch64__)
  u64 flags = 0;
#ifdef L_task_struct_thread_info_flags
  burin_read(&flags, 8, (void *)(task + L_task_struct_thread_info_flags));
#endif
  return flags & (1u << 22) ? 0x40000028u : 0xc00000b7u;
#else
  return 0;
#endif
}
)";

std::string capture(const CaptureSite& site) {
  return site.dst + ".id = " + site.src + ";\n" + site.dst + ".abi = burin_syscall_abi();\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  wire::Syscall w;
  std::memcpy(&w, field.data(), sizeof w);
  out = SyscallValue{w.id, w.abi};
  return true;
}

}  // namespace

ArgType syscall64_type() {
  ArgType t;
  t.name = "syscall64";
  t.summary = "the number of a syscall, and whether a 64-bit or a 32-bit program makes it";
  t.json_key = "syscall_id";
  t.type_class = TypeClass::Syscall;
  t.shape = {"struct w_syscall", sizeof(wire::Syscall), 8, 0};
  t.capture = capture;
  t.decode = decode;
  t.wants_layout = {"task_struct.thread_info.status", "task_struct.thread_info.flags"};
  t.support = {kSupport};
  return t;
}

}  // namespace burin
