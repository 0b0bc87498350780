// The event line: the process part is cached text, the rest goes straight into one reused buffer, and the finished line
// is copied once into the event. Field order is the order of declaration in Tetragon's protos.
#include "event/encode.h"

#include <array>
#include <variant>

#include "event/encode_text.h"
#include "model/action.h"

namespace burin {
namespace {

struct FlagWord {
  std::uint32_t bit;
  std::string_view word;
};
// In the order of the bits, as Tetragon joins them.
constexpr std::array<FlagWord, 10> kFlagWords{{{kProcExecve, "execve"},
                                               {kProcProcFs, "procFS"},
                                               {kProcTruncArgs, "truncArgs"},
                                               {kProcMiss, "miss"},
                                               {kProcErrorFilename, "errorFilename"},
                                               {kProcErrorArgs, "errorArgs"},
                                               {kProcNoCwd, "nocwd"},
                                               {kProcRootCwd, "rootcwd"},
                                               {kProcErrorCwd, "errorCWD"},
                                               {kProcClone, "clone"}}};

std::string flag_words(std::uint32_t flags) {
  std::string words;
  for (const auto& f : kFlagWords) {
    if ((flags & f.bit) == 0) continue;
    if (!words.empty()) words += ' ';
    words += f.word;
  }
  return words;
}

// Index is the signal number (x86 and arm64 agree on 1 to 31). Real-time signals have no name in Tetragon.
constexpr std::array<std::string_view, 32> kSignals{
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};

// exit_code of the kernel: bits 0-6 signal, bit 7 core dumped, bits 8-15 status.
std::uint32_t exit_signal(const Event& event) {
  return event.exit_code & 0x7F;
}
std::uint32_t exit_status(const Event& event) {
  return event.exit_code >> 8 & 0xFF;
}

void write_processes(LineBuffer& out, const Event& event) {
  if (event.process) {
    out.key("\"process\":");
    out.raw(event.process->json);
    out.lit(",\"tid\":");
    out.number(event.tid);
    out.lit("}");
  }
  if (event.parent) {
    out.key("\"parent\":");
    out.raw(event.parent->json);
    out.lit(",\"tid\":");
    out.number(event.parent->pid);
    out.lit("}");
  }
}

void write_exit(LineBuffer& out, const Event& event) {
  if (event.exit_code_known) {
    const std::uint32_t signal = exit_signal(event);
    if (signal > 0 && signal < kSignals.size()) {
      out.key("\"signal\":");
      out.name(kSignals[signal]);
    }
    if (exit_status(event) != 0) {
      out.key("\"status\":");
      out.number(exit_status(event));
    }
  }
  out.key("\"time\":");
  out.timestamp(event.wall_ns);
}

void write_kprobe(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  out.key("\"function_name\":");
  out.string(hook.function);
  bool any = false;
  for (std::size_t i = 0; i < event.args.size(); ++i) {
    if (std::holds_alternative<NopValue>(event.args[i])) continue;
    if (!any) out.lit(",\"args\":[");
    any = true;
    write_argument(out, event.args[i], i < hook.args.size() ? std::string_view(hook.args[i].label) : "");
  }
  if (any) out.lit("]");
  if (const auto action = action_event_name(event.action); !action.empty()) {
    out.lit(",\"action\":");
    out.name(action);
  }
  if (!hook.policy.empty()) {
    out.lit(",\"policy_name\":");
    out.string(hook.policy);
  }
  if (!hook.message.empty()) {
    out.lit(",\"message\":");
    out.string(hook.message);
  }
  if (!hook.tags.empty()) {
    out.lit(",\"tags\":[");
    for (const auto& tag : hook.tags) {
      out.separate();
      out.string(tag);
    }
    out.lit("]");
  }
}

void write_body(LineBuffer& out, const Event& event) {
  switch (event.kind) {
    case EventKind::Exec:
      out.lit("{\"process_exec\":{");
      write_processes(out, event);
      break;
    case EventKind::Exit:
      out.lit("{\"process_exit\":{");
      write_processes(out, event);
      write_exit(out, event);
      break;
    case EventKind::Kprobe:
      out.lit("{\"process_kprobe\":{");
      write_processes(out, event);
      if (event.hook) write_kprobe(out, event);
      break;
    case EventKind::Tracepoint:
    case EventKind::Uprobe:
    case EventKind::Usdt:
    case EventKind::Lsm:
    case EventKind::Loader: break;
    case EventKind::Gap:
      out.lit("{\"rate_limit_info\":{");
      if (event.lost != 0) {
        out.lit("\"number_of_dropped_process_events\":");
        out.quoted_number(event.lost);
      }
      break;
  }
  out.lit("}");
}

/// How the fields were obtained whose value depends on the host: an object only when there is something to say.
void write_origins(LineBuffer& out, const Event& event) {
  // Of an unknown process none of these fields is printed.
  const ProcessInfo* process = event.process && event.process->known ? event.process.get() : nullptr;
  const bool real_uid = (event.head_flags & kHeadRealUid) != 0;
  const bool late_port = (event.head_flags & kHeadPortDeferred) != 0;
  const bool sources =
      process && !(process->binary_source.empty() && process->args_source.empty() && process->cwd_source.empty());
  if (!sources && !real_uid && !late_port) return;
  out.lit(",\"from\":{");
  if (process && !process->binary_source.empty()) {
    out.key("\"binary\":");
    out.name(process->binary_source);
  }
  if (process && !process->args_source.empty()) {
    out.key("\"arguments\":");
    out.name(process->args_source);
  }
  if (process && !process->cwd_source.empty()) {
    out.key("\"cwd\":");
    out.name(process->cwd_source);
  }
  if (real_uid) out.key("\"uid\":\"real\"");
  if (late_port) out.key("\"sport\":\"deferred\"");
  out.lit("}");
}

/// Indices into the printed args[] of strings that were cut.
void write_cut_arguments(LineBuffer& out, const Event& event) {
  std::size_t printed = 0;
  bool any = false;
  for (const Value& value : event.args) {
    if (std::holds_alternative<NopValue>(value)) continue;
    const auto* text = std::get_if<StringValue>(&value);
    if (text && text->truncated) {
      if (!any) out.lit(",\"truncated_args\":[");
      any = true;
      out.separate();
      out.number(printed);
    }
    ++printed;
  }
  if (any) out.lit("]");
}

void write_exit_notes(LineBuffer& out, const Event& event) {
  if (!event.exit_code_known) {
    out.lit(",\"exit\":{\"code\":\"unknown\"}");
  } else if (exit_signal(event) >= kSignals.size()) {
    out.lit(",\"exit\":{\"signal\":");
    out.number(exit_signal(event));
    out.lit("}");
  }
}

void write_gap(LineBuffer& out, const Event& event) {
  out.key("\"gap\":{\"reason\":");
  out.name(to_string(event.loss));
  if (event.loss == LossReason::PerfBuffer) {  // the other places where events are lost belong to no CPU
    out.lit(",\"cpu\":");
    out.number(event.cpu);
  }
  out.lit(",\"count\":");
  out.number(event.lost);
  out.lit("}");
}

void write_burin(LineBuffer& out, const Event& event) {
  out.lit(",\"burin\":{");
  if (event.seq != 0) {  // 0: made for one client, not part of the daemon's stream
    out.lit("\"seq\":");
    out.number(event.seq);
  }
  if (event.mono_ns != 0) {
    out.key("\"mono_ns\":");
    out.quoted_number(event.mono_ns);
  }
  if (event.kind == EventKind::Gap) {
    write_gap(out, event);
  } else {
    out.key("\"cpu\":");
    out.number(event.cpu);
    if (event.kind == EventKind::Kprobe && event.hook) {
      out.lit(",\"rung\":");
      out.string(event.hook->rung);
      out.lit(",\"selector\":");
      out.number(event.selector);
    }
    write_origins(out, event);
    if (event.kind == EventKind::Kprobe) write_cut_arguments(out, event);
    if (event.kind == EventKind::Exit) write_exit_notes(out, event);
  }
  out.lit("}}\n");
}

LineBuffer& line_buffer() {
  static thread_local LineBuffer buffer;
  buffer.clear();
  return buffer;
}

}  // namespace

void encode_process(ProcessInfo& process) {
  LineBuffer& out = line_buffer();
  const auto text = [&out](auto& key, std::string_view value) {
    if (value.empty()) return;
    out.key(key);
    out.string(value);
  };
  out.lit("{");
  if (process.known) text("\"exec_id\":", process.exec_id);
  out.key("\"pid\":");
  out.number(process.pid);
  if (process.known) {
    out.key("\"uid\":");
    out.number(process.uid);
    text("\"cwd\":", process.cwd);
    text("\"binary\":", process.binary);
    text("\"arguments\":", process.arguments);
  }
  text("\"flags\":", process.known ? flag_words(process.flags) : "unknown");
  if (process.start_wall_ns != 0) {
    out.key("\"start_time\":");
    out.timestamp(process.start_wall_ns);
  }
  if (process.known) {
    out.key("\"auid\":");
    out.number(process.auid);
    text("\"parent_exec_id\":", process.parent_exec_id);
  }
  process.json = out.text();
}

void encode_event(Event& event, std::string_view node_name) {
  LineBuffer& out = line_buffer();
  write_body(out, event);
  if (!node_name.empty()) {
    out.lit(",\"node_name\":");
    out.string(node_name);
  }
  out.lit(",\"time\":");
  out.timestamp(event.wall_ns);
  event.burin_at = out.size();
  write_burin(out, event);
  event.line = out.text();
}

}  // namespace burin
