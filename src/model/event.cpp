// Names of event kinds and loss reasons, as they stand in filters, events and metrics.
#include "model/event.h"

namespace burin {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::Exec: return "PROCESS_EXEC";
    case EventKind::Exit: return "PROCESS_EXIT";
    case EventKind::Kprobe: return "PROCESS_KPROBE";
    case EventKind::Tracepoint: return "PROCESS_TRACEPOINT";
    case EventKind::Uprobe: return "PROCESS_UPROBE";
    case EventKind::Usdt: return "PROCESS_USDT";
    case EventKind::Lsm: return "PROCESS_LSM";
    case EventKind::Loader: return "PROCESS_LOADER";
    case EventKind::Gap: return "RATE_LIMIT_INFO";
  }
  return "?";
}

std::string_view to_string(LossReason reason) {
  switch (reason) {
    case LossReason::PerfBuffer: return "perf_buffer";
    case LossReason::SkippedRun: return "skipped_run";
    case LossReason::RawQueue: return "raw_queue";
    case LossReason::Malformed: return "malformed";
    case LossReason::SlowClient: return "slow_client";
  }
  return "?";
}

}  // namespace burin
