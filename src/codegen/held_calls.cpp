#include "codegen/held_calls.h"

#include <algorithm>

#include "codegen/record_text.h"

namespace burin {
namespace {

/// Records that wait for their function's return, per hook. What finds no room is counted as failed.
constexpr std::size_t kHeldBytes = 8U << 20, kMaxHeld = 4096, kMinHeld = 64;
/// First kernel on which a hash map without preallocation may be used at any hook (bpf_mem_alloc).
constexpr std::uint32_t kSafeAlloc = (6U << 16) | (1U << 8);

}  // namespace

std::string call_frame(Rung rung, bool at_return) {
  switch (rung) {
    case Rung::Kprobe:
    case Rung::Uprobe: return at_return ? "BURIN_FRAME_LEFT(ctx)" : "(u64)ctx->sp";
    case Rung::Fentry: return "(u64)ctx";  // one trampoline's stack holds what both programs get
    case Rung::Tracepoint:
    case Rung::SyscallTracepoint:
    case Rung::StateSockOps:
    case Rung::RawTracepoint:
    case Rung::Lsm: return "0";
  }
  return "0";
}

std::string held_map(const PlannedHook& hook, const std::string& held, const std::string& record,
                     const HostFacts& host) {
  const std::size_t entries = std::clamp<std::size_t>(kHeldBytes / record_memory(hook), kMinHeld, kMaxHeld);
  const bool lazy = host.version_code >= kSafeAlloc;
  return "BPF_F_TABLE(\"hash\", struct burin_call, struct " + record + ", " + held + ", " + std::to_string(entries) +
         ", " + (lazy ? "1" : "0") + "); /* 1: BPF_F_NO_PREALLOC */\n";
}

std::string hold_text(const PlannedHook& hook, const std::string& held) {
  std::string out = entry_tail_text(hook);
  out += "  struct burin_call call = {bpf_get_current_pid_tgid(), " + call_frame(hook.rung, false) + ", target};\n" +
         head_text();
  out += "  r->head.size = s->tail;\n  r->head.state = post;\n  r->active = active;\n  r->target = target;\n";
  if (const std::string data = all_data_text(hook, "bpf_ktime_get_ns()"); !data.empty())
    out += "  if (post) {\n" + data + "  }\n";
  out += "  if (" + held + ".update(&call, (void *)r)) burin_count(slots + BURIN_FAILED);\n";
  return out;
}

}  // namespace burin
