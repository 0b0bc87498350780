// The bodies of events that hooks make, one function per kind: fields in the order of Tetragon's proto declarations,
// which differs from kind to kind. What a kind's message has no field for goes to the burin object (encode_burin.cpp).
#include "event/encode_hook.h"

#include <variant>

#include "model/action.h"

namespace burin {
namespace {

template <std::size_t N>
void text(LineBuffer& out, const char (&key)[N], std::string_view value) {
  if (value.empty()) return;
  out.key(key);
  out.string(value);
}

template <std::size_t N>
void size(LineBuffer& out, const char (&key)[N], std::uint64_t value) {
  if (value == 0) return;
  out.key(key);
  out.quoted_number(value);
}

template <std::size_t N>
void action(LineBuffer& out, const char (&key)[N], std::uint16_t number) {
  const std::string_view name = action_event_name(number);
  if (name.empty()) return;
  out.key(key);
  out.name(name);
}

void tags(LineBuffer& out, const HookInfo& hook) {
  if (hook.tags.empty()) return;
  out.key("\"tags\":[");
  for (const auto& tag : hook.tags) {
    out.separate();
    out.string(tag);
  }
  out.lit("]");
}

void args(LineBuffer& out, const Event& event) {
  write_values(out, "\"args\":[", event.args, event.hook->args);
}
void data(LineBuffer& out, const Event& event) {
  write_values(out, "\"data\":[", event.data, event.hook->data);
}
void user_stack(LineBuffer& out, const Event& event) {
  write_stack(out, "\"user_stack_trace\":[", event.user_stack);
}

void kprobe(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  text(out, "\"function_name\":", hook.function);
  args(out, event);
  write_returned(out, event);
  action(out, "\"action\":", event.action);
  write_stack(out, "\"kernel_stack_trace\":[", event.kernel_stack);
  text(out, "\"policy_name\":", hook.policy);
  action(out, "\"return_action\":", event.return_action);
  text(out, "\"message\":", hook.message);
  tags(out, hook);
  user_stack(out, event);
  data(out, event);
}

void tracepoint(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  text(out, "\"subsys\":", hook.subsys);
  text(out, "\"event\":", hook.event);
  args(out, event);
  text(out, "\"policy_name\":", hook.policy);
  action(out, "\"action\":", event.action);
  text(out, "\"message\":", hook.message);
  tags(out, hook);
}

void uprobe(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  text(out, "\"path\":", hook.path);
  text(out, "\"symbol\":", hook.function);
  text(out, "\"policy_name\":", hook.policy);
  text(out, "\"message\":", hook.message);
  args(out, event);
  tags(out, hook);
  size(out, "\"offset\":", hook.offset);
  size(out, "\"ref_ctr_offset\":", hook.ref_ctr_offset);
  action(out, "\"action\":", event.action);
  data(out, event);
  user_stack(out, event);
}

void usdt(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  text(out, "\"path\":", hook.path);
  text(out, "\"provider\":", hook.subsys);
  text(out, "\"name\":", hook.event);
  text(out, "\"policy_name\":", hook.policy);
  text(out, "\"message\":", hook.message);
  args(out, event);
  tags(out, hook);
  action(out, "\"action\":", event.action);
}

void lsm(LineBuffer& out, const Event& event) {
  const HookInfo& hook = *event.hook;
  text(out, "\"function_name\":", hook.function);
  text(out, "\"policy_name\":", hook.policy);
  text(out, "\"message\":", hook.message);
  args(out, event);
  action(out, "\"action\":", event.action);
  tags(out, hook);
  text(out, "\"ima_hash\":", event.ima_hash);
}

}  // namespace

void write_stack(LineBuffer& out, std::string_view key, const std::vector<StackFrame>& frames) {
  if (frames.empty()) return;
  out.separate();
  out.raw(key);
  for (const StackFrame& frame : frames) {
    out.separate();
    out.lit("{");
    size(out, "\"address\":", frame.address);
    size(out, "\"offset\":", frame.offset);
    text(out, "\"symbol\":", frame.symbol);
    text(out, "\"module\":", frame.module);
    out.lit("}");
  }
  out.lit("]");
}

void write_values(LineBuffer& out, std::string_view key, const std::vector<Value>& values,
                  const std::vector<HookArg>& described) {
  bool any = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::holds_alternative<NopValue>(values[i])) continue;
    if (!any) {
      out.separate();
      out.raw(key);
    }
    any = true;
    write_argument(out, values[i], i < described.size() ? std::string_view(described[i].label) : "");
  }
  if (any) out.lit("]");
}

void write_returned(LineBuffer& out, const Event& event) {
  if (!event.returned || std::holds_alternative<NopValue>(*event.returned)) return;
  out.separate();
  out.lit("\"return\":");
  const auto& described = event.hook->return_arg;
  write_argument(out, *event.returned, described ? std::string_view(described->label) : "");
}

void write_hook_event(LineBuffer& out, const Event& event) {
  switch (event.kind) {
    case EventKind::Kprobe: return kprobe(out, event);
    case EventKind::Tracepoint: return tracepoint(out, event);
    case EventKind::Uprobe: return uprobe(out, event);
    case EventKind::Usdt: return usdt(out, event);
    case EventKind::Lsm: return lsm(out, event);
    case EventKind::Exec:
    case EventKind::Exit:
    case EventKind::Loader:
    case EventKind::Gap: break;
  }
}

}  // namespace burin
