// The object under "burin": what Tetragon's messages have no field for. docs/events.md says what each field means.
#include <variant>

#include "event/encode_hook.h"
#include "model/action.h"

namespace burin {
namespace {

/// Signals from here on are real-time: Tetragon's `signal` has no name for them.
constexpr std::uint32_t kNamedSignals = 32;

std::uint32_t exit_signal(const Event& event) {
  return event.exit_code & 0x7F;
}

/// How the fields were obtained whose value depends on the host: an object only when there is something to say.
void write_origins(LineBuffer& out, const Event& event) {
  // Of an unknown process none of these fields is printed.
  const ProcessInfo* process = event.process && event.process->known ? event.process.get() : nullptr;
  const bool real_uid = (event.head_flags & kHeadRealUid) != 0;
  const bool late_port = (event.head_flags & kHeadPortDeferred) != 0;
  const bool sock_owner = (event.head_flags & kHeadSockOwner) != 0;
  const bool sources = process && !(process->binary_source.empty() && process->args_source.empty() &&
                                    process->cwd_source.empty() && process->auid_source.empty());
  if (!sources && !real_uid && !late_port && !sock_owner) return;
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
  if (process && !process->auid_source.empty()) {
    out.key("\"auid\":");
    out.name(process->auid_source);
  }
  if (real_uid) out.key("\"uid\":\"real\"");
  if (late_port) out.key("\"sport\":\"deferred\"");
  if (sock_owner) out.key("\"process\":\"sock\"");
  out.lit("}");
}

/// True for a value that is shorter than what the kernel had and does not say so itself.
bool was_cut(const Value& value) {
  return std::visit(
      [](const auto& v) {
        if constexpr (requires { v.truncated; }) return static_cast<bool>(v.truncated);
        return false;
      },
      value);
}

/// Indices into the printed args[] of strings that were cut.
void write_cut_arguments(LineBuffer& out, const Event& event) {
  std::size_t printed = 0;
  bool any = false;
  for (const Value& value : event.args) {
    if (std::holds_alternative<NopValue>(value)) continue;
    if (was_cut(value)) {
      if (!any) out.lit(",\"truncated_args\":[");
      any = true;
      out.separate();
      out.number(printed);
    }
    ++printed;
  }
  if (any) out.lit("]");
}

/// Which way the hook has here, which selector matched, and what was held back since the event before.
void write_hook_notes(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  out.lit(",\"rung\":");
  out.string(hook.rung);
  if (event.kind == EventKind::Loader) return;  // it has no selectors
  out.lit(",\"selector\":");
  out.number(event.selector);
  if (event.selector < hook.selector_labels.size() && !hook.selector_labels[event.selector].empty()) {
    out.lit(",\"selector_label\":");
    out.string(hook.selector_labels[event.selector]);
  }
  if (event.suppressed != 0) {
    out.lit(",\"suppressed\":");
    out.number(event.suppressed);
  }
  if ((event.head_flags & kHeadMonitored) != 0) out.lit(",\"monitored\":true");
  if ((event.head_flags & kHeadActionFailed) != 0) out.lit(",\"action_failed\":true");
  if ((event.head_flags & kHeadActionOff) != 0) out.lit(",\"action_off\":true");
}

/// What the policy asked for and the message of this kind has no field for.
void write_homeless(LineBuffer& out, const Event& event) {
  if (event.kind == EventKind::Kprobe) return;
  write_returned(out, event);
  if (const auto action = action_event_name(event.return_action); !action.empty()) {
    out.lit(",\"return_action\":");
    out.name(action);
  }
  write_stack(out, "\"kernel_stack_trace\":[", event.kernel_stack);
  if (event.kind == EventKind::Uprobe) return;
  write_stack(out, "\"user_stack_trace\":[", event.user_stack);
  write_values(out, "\"data\":[", event.data, event.hook->data);
}

void write_exit_notes(LineBuffer& out, const Event& event) {
  if (!event.exit_code_known) {
    out.lit(",\"exit\":{\"code\":\"unknown\"}");
  } else if (exit_signal(event) >= kNamedSignals) {
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
  if (event.first_lost_seq != 0) {
    out.lit(",\"first_seq\":");
    out.number(event.first_lost_seq);
  }
  out.lit(",\"count\":");
  out.number(event.lost);
  if (event.lost_at_least) out.lit(",\"at_least\":true");
  out.lit("}");
}

}  // namespace

void write_burin(LineBuffer& out, const Event& event) {
  out.lit(",\"burin\":{");
  if (event.seq != 0) {  // 0: not part of a stream
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
    if (event.hook) write_hook_notes(out, event);
    write_origins(out, event);
    write_cut_arguments(out, event);
    if (event.hook) write_homeless(out, event);
    if (event.kind == EventKind::Exit) write_exit_notes(out, event);
  }
  out.lit("}}\n");
}

}  // namespace burin
