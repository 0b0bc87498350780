// The event line: the process part is cached text, the rest goes straight into one reused buffer, and the finished line
// is copied once into the event. Field order is the order of declaration in Tetragon's protos.
#include "event/encode.h"

#include <array>

#include "event/encode_hook.h"

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

void write_process(LineBuffer& out, const Event& event) {
  if (!event.process) return;
  out.key("\"process\":");
  out.raw(event.process->json);
  out.lit(",\"tid\":");
  out.number(event.tid);
  out.lit("}");
}

void write_parent(LineBuffer& out, const Event& event) {
  if (!event.parent) return;
  out.key("\"parent\":");
  out.raw(event.parent->json);
  out.lit(",\"tid\":");
  out.number(event.parent->pid);
  out.lit("}");
}

void write_processes(LineBuffer& out, const Event& event) {
  write_process(out, event);
  write_parent(out, event);
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

/// `process` comes before `path`, `parent` behind it: the one message that is not in the usual order.
void write_loader(LineBuffer& out, const Event& event) {
  write_process(out, event);
  if (!event.loaded_path.empty()) {
    out.key("\"path\":");
    out.string(event.loaded_path);
  }
  if (!event.build_id.empty()) {
    out.key("\"buildid\":");
    out.name(base64(event.build_id));
  }
  write_parent(out, event);
}

struct KindKey {
  EventKind kind;
  std::string_view open;
};
constexpr KindKey kHookKinds[] = {
    {EventKind::Kprobe, "{\"process_kprobe\":{"}, {EventKind::Tracepoint, "{\"process_tracepoint\":{"},
    {EventKind::Uprobe, "{\"process_uprobe\":{"}, {EventKind::Usdt, "{\"process_usdt\":{"},
    {EventKind::Lsm, "{\"process_lsm\":{"},
};

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
    case EventKind::Loader:
      out.lit("{\"process_loader\":{");
      write_loader(out, event);
      break;
    case EventKind::Kprobe:
    case EventKind::Tracepoint:
    case EventKind::Uprobe:
    case EventKind::Usdt:
    case EventKind::Lsm:
      for (const KindKey& key : kHookKinds)
        if (key.kind == event.kind) out.raw(key.open);
      write_processes(out, event);
      if (event.hook) write_hook_event(out, event);
      break;
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

std::string encode_arguments(const Value& value) {
  LineBuffer& out = line_buffer();
  out.lit("[");
  write_argument(out, value, {});
  out.lit("]");
  return std::string(out.text());
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
