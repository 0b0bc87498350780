// The evidence of an event's JSON line: what the encoder left in it.
#include <algorithm>

#include "control/evidence.h"
#include "event/compact_value.h"
#include "event/parse_value.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// The body of the event if it is one of this hook's, else null.
const JsonNode* body_of(const PlannedHook& hook, const JsonNode& event) {
  const auto is = [](const JsonNode& body, const char* key, const std::string& value) {
    return body.string(key) == value;
  };
  switch (hook.kind) {
    case HookKind::Kprobe:
    case HookKind::Fentry:
    case HookKind::Lsm: {
      const JsonNode* body = event.find(hook.kind == HookKind::Lsm ? "process_lsm" : "process_kprobe");
      if (!body) return nullptr;
      const std::string function = body->string("function_name");
      const bool ours = std::ranges::any_of(hook.targets, [&](const HookTarget& t) {
        return without_syscall_prefix(t.function) == without_syscall_prefix(function);
      });
      return ours ? body : nullptr;
    }
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: {
      const JsonNode* body = event.find("process_tracepoint");
      return body && is(*body, "subsys", hook.subsystem) && is(*body, "event", hook.event) ? body : nullptr;
    }
    case HookKind::Uprobe: {
      const JsonNode* body = event.find("process_uprobe");
      if (!body || !is(*body, "path", hook.path)) return nullptr;
      const std::string symbol = body->string("symbol");
      const bool ours = std::ranges::any_of(hook.targets, [&](const HookTarget& t) { return t.function == symbol; });
      return ours ? body : nullptr;
    }
    case HookKind::Usdt: {
      const JsonNode* body = event.find("process_usdt");
      return body && is(*body, "path", hook.path) && is(*body, "provider", hook.subsystem) &&
                     is(*body, "name", hook.event)
                 ? body
                 : nullptr;
    }
  }
  return nullptr;
}

std::string name_of(const PlannedHook& hook, const JsonNode& body) {
  switch (hook.kind) {
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: return hook.subsystem + ":" + hook.event;
    case HookKind::Uprobe: return hook.path + ":" + body.string("symbol");
    case HookKind::Usdt: return hook.path + ":" + hook.subsystem + ":" + hook.event;
    case HookKind::Kprobe:
    case HookKind::Fentry:
    case HookKind::Lsm: break;
  }
  return body.string("function_name");
}

/// The recorded arguments by the policy's positions: those of type nop are not in the record.
std::vector<const JsonNode*> by_position(const std::vector<PlannedArg>& args, const JsonNode* recorded) {
  std::vector<const JsonNode*> out;
  std::size_t next = 0;
  for (const PlannedArg& arg : args) {
    const ArgType* type = find_type(arg.type);
    const bool there = type && type->shape.size != 0 && recorded && next < recorded->items.size();
    out.push_back(there ? &recorded->items[next] : nullptr);
    if (type && type->shape.size != 0) ++next;
  }
  return out;
}

bool fits(std::string_view recorded_key, const ArgType& type) {
  return recorded_key == type.json_key || recorded_key == "error_arg" ||
         (recorded_key == "truncated_bytes_arg" && type.json_key == "bytes_arg");
}

class JsonEvidence : public Evidence {
 public:
  JsonEvidence(const PlannedHook& planned, const JsonNode& event, const JsonNode& body)
      : planned_(planned), body_(body) {
    const JsonNode* notes = event.find("burin");
    const auto part = [&](const char* key) {
      const JsonNode* found = body.find(key);
      return found || !notes ? found : notes->find(key);
    };
    args_ = by_position(planned.args, body.find("args"));
    data_ = by_position(planned.data, part("data"));
    returned_ = {part("return")};
  }

  std::string hook() const override { return name_of(planned_, body_); }

  Seen value(Subject subject, std::size_t position, const PlannedArg& planned) const override {
    const auto& recorded = subject == Subject::Args ? args_ : subject == Subject::Data ? data_ : returned_;
    const ArgType* type = find_type(planned.type);
    if (!type || position >= recorded.size() || !recorded[position])
      return {std::nullopt, "the record has no value " + planned.what};
    const auto* member = argument_member(*recorded[position]);
    if (!member || !fits(member->first, *type))
      return {std::nullopt, "the record has " + (member ? member->first : std::string("nothing")) +
                                " where the policy has " + planned.type};
    auto value = parse_argument(*recorded[position]);
    if (!value) return {std::nullopt, "the record cannot say exactly what " + member->first + " was"};
    return {std::move(value), compact_value(*recorded[position])};
  }

  std::string binary(bool parent) const override {
    const JsonNode* who = body_.find(parent ? "parent" : "process");
    return who ? who->string("binary") : std::string();
  }

  std::optional<std::uint64_t> pid() const override {
    const JsonNode* who = body_.find("process");
    const JsonNode* pid = who ? who->find("pid") : nullptr;
    return pid ? pid->natural() : std::nullopt;
  }

  std::optional<std::uint64_t> namespace_of(NamespaceKind kind) const override {
    const JsonNode* who = body_.find("process");
    const JsonNode* all = who ? who->find("ns") : nullptr;
    const JsonNode* one = all ? all->find(proc_name(kind)) : nullptr;
    const JsonNode* inum = one ? one->find("inum") : nullptr;
    return inum ? inum->natural() : std::nullopt;
  }

  std::optional<std::uint64_t> capabilities(CapabilitySet set) const override {
    constexpr std::string_view kSets[] = {"effective", "inheritable", "permitted"};
    const JsonNode* who = body_.find("process");
    const JsonNode* caps = who ? who->find("cap") : nullptr;
    if (!caps) return std::nullopt;
    std::uint64_t bits = 0;
    if (const JsonNode* names = caps->find(kSets[static_cast<std::size_t>(set)]))
      for (const JsonNode& one : names->items)
        if (const auto bit = capability_named(one.text)) bits |= std::uint64_t{1} << *bit;
    return bits;
  }

 private:
  const PlannedHook& planned_;
  const JsonNode& body_;
  std::vector<const JsonNode*> args_, data_, returned_;
};

}  // namespace

std::unique_ptr<Evidence> evidence_of(const PlannedHook& hook, const JsonNode& event) {
  const JsonNode* body = body_of(hook, event);
  return body ? std::make_unique<JsonEvidence>(hook, event, *body) : nullptr;
}

std::optional<Load> load_of(const JsonNode& event) {
  const JsonNode* body = event.find("process_loader");
  if (!body) return std::nullopt;
  const JsonNode* process = body->find("process");
  const JsonNode* pid = process ? process->find("pid") : nullptr;
  return Load{process ? process->string("binary") : "", pid ? pid->natural().value_or(0) : 0};
}

std::string_view without_syscall_prefix(std::string_view function) {
  for (const std::string_view prefix : {"__x64_", "__arm64_"})
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  return function;
}

}  // namespace burin
