// The evidence of a replayed event: its values as they came out of the record.
#include <algorithm>

#include "control/evidence.h"
#include "event/compact_value.h"
#include "event/encode.h"
#include "types/arg_type.h"

namespace burin {
namespace {

bool any_target(const PlannedHook& hook, const HookInfo& recorded) {
  return std::ranges::any_of(hook.targets, [&](const HookTarget& target) {
    return without_syscall_prefix(target.function) == without_syscall_prefix(recorded.function);
  });
}

bool is_of(const PlannedHook& hook, const Event& event) {
  const HookInfo& recorded = *event.hook;
  switch (hook.kind) {
    case HookKind::Kprobe:
    case HookKind::Fentry: return event.kind == EventKind::Kprobe && any_target(hook, recorded);
    case HookKind::Lsm: return event.kind == EventKind::Lsm && any_target(hook, recorded);
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint:
      return event.kind == EventKind::Tracepoint && recorded.subsys == hook.subsystem && recorded.event == hook.event;
    case HookKind::Uprobe:
      // A bare offset has no symbol.
      return event.kind == EventKind::Uprobe && recorded.path == hook.path &&
             std::ranges::any_of(hook.targets, [&](const HookTarget& target) {
               return target.function == recorded.function &&
                      (!target.function.empty() || target.offset == recorded.offset);
             });
    case HookKind::Usdt:
      return event.kind == EventKind::Usdt && recorded.path == hook.path && recorded.subsys == hook.subsystem &&
             recorded.event == hook.event;
  }
  return false;
}

std::string text_of(const Value& value) {
  std::string out;
  if (const auto array = parse_json(encode_arguments(value)))
    for (const JsonNode& item : array->items) out += (out.empty() ? "" : ",") + compact_value(item);
  return out.empty() ? "?" : out;
}

class RawEvidence : public Evidence {
 public:
  RawEvidence(const PlannedHook& planned, const Event& event) : planned_(planned), event_(event) {}

  std::string hook() const override {
    switch (planned_.kind) {
      case HookKind::Tracepoint:
      case HookKind::RawTracepoint: return planned_.subsystem + ":" + planned_.event;
      case HookKind::Uprobe: return planned_.path + ":" + event_.hook->function;
      case HookKind::Usdt: return planned_.path + ":" + planned_.subsystem + ":" + planned_.event;
      case HookKind::Kprobe:
      case HookKind::Fentry:
      case HookKind::Lsm: break;
    }
    return event_.hook->function;
  }

  Seen value(Subject, std::size_t, const PlannedArg& planned) const override {
    const HookInfo& recorded = *event_.hook;
    const ArgType* wanted = find_type(planned.type);
    std::string other;
    // One value may have been captured in several ways: that of the same type is taken.
    const auto fits = [&](const HookArg& arg) {
      const ArgType* type = find_type(arg.type);
      if (arg.what != planned.what || !type || !wanted || type->shape.size == 0) return false;
      if (type->json_key == wanted->json_key && type->type_class == wanted->type_class) return true;
      other = arg.type;
      return false;
    };
    for (const auto& [args, values] :
         {std::pair(&recorded.args, &event_.args), std::pair(&recorded.data, &event_.data)})
      for (std::size_t i = 0; i < args->size() && i < values->size(); ++i)
        if (fits((*args)[i])) return {(*values)[i], text_of((*values)[i])};
    if (recorded.return_arg && event_.returned && fits(*recorded.return_arg))
      return {*event_.returned, text_of(*event_.returned)};
    if (!other.empty())
      return {std::nullopt, "the recording has this value as " + other + " where the policy has " + planned.type};
    return {std::nullopt, "the recorded policy did not capture " +
                              (planned.what == "return" ? "the return value" : "value " + planned.what)};
  }

  std::string binary(bool parent) const override {
    const ProcessPtr& who = parent ? event_.parent : event_.process;
    return who && who->known ? who->binary : std::string();
  }
  std::optional<std::uint64_t> pid() const override {
    return event_.process ? std::optional<std::uint64_t>(event_.process->pid) : std::nullopt;
  }
  // Not in the records.
  std::optional<std::uint64_t> namespace_of(NamespaceKind) const override { return std::nullopt; }
  std::optional<std::uint64_t> capabilities(CapabilitySet) const override { return std::nullopt; }

 private:
  const PlannedHook& planned_;
  const Event& event_;
};

}  // namespace

std::unique_ptr<Evidence> evidence_of(const PlannedHook& hook, const Event& event) {
  if (!event.hook || !is_of(hook, event)) return nullptr;
  return std::make_unique<RawEvidence>(hook, event);
}

std::optional<Load> load_of(const Event& event) {
  if (event.kind != EventKind::Loader || !event.process) return std::nullopt;
  return Load{event.process->known ? event.process->binary : "", event.process->pid};
}

}  // namespace burin
