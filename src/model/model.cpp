// The few functions of the model that need a body.
#include "model/hook_plan.h"
#include "model/host_facts.h"

namespace burin {

std::string_view to_string(Rung rung) {
  switch (rung) {
    case Rung::Kprobe: return "kprobe";
    case Rung::StateSockOps: return "tracepoint+sock_ops";
    case Rung::SyscallTracepoint: return "syscall tracepoint";
    case Rung::Fentry: return "fentry";
    case Rung::Tracepoint: return "tracepoint";
    case Rung::RawTracepoint: return "raw tracepoint";
    case Rung::Uprobe: return "uprobe";
    case Rung::Lsm: return "lsm";
  }
  return "?";
}

const std::vector<Rung>& all_rungs() {
  static const std::vector<Rung> all = {Rung::Kprobe, Rung::StateSockOps, Rung::SyscallTracepoint,
                                        Rung::Fentry, Rung::Tracepoint,   Rung::RawTracepoint,
                                        Rung::Uprobe, Rung::Lsm};
  return all;
}

std::string_view to_string(HookKind kind) {
  switch (kind) {
    case HookKind::Kprobe: return "kprobe";
    case HookKind::Fentry: return "fentry";
    case HookKind::Tracepoint: return "tracepoint";
    case HookKind::RawTracepoint: return "raw_tracepoint";
    case HookKind::Uprobe: return "uprobe";
    case HookKind::Usdt: return "usdt";
    case HookKind::Lsm: return "lsm";
  }
  return "?";
}

const TracepointField* TracepointFormat::find(const std::string& name) const {
  for (const auto& f : fields)
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace burin
