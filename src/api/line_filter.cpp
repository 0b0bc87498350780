// Reads from a line just the facts that EventFilter asks for and lets it decide, so that both sides mean the same by a
// filter.
#include "api/line_filter.h"

#include <nlohmann/json.hpp>

namespace burin {
namespace {

using Json = nlohmann::json;

const Json* member(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto it = object->find(key);
  return it == object->end() ? nullptr : &*it;
}

std::string text(const Json* object, const char* key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

struct KindName {
  const char* key;
  EventKind kind;
};
constexpr KindName kKinds[] = {{"process_exec", EventKind::Exec},     {"process_exit", EventKind::Exit},
                               {"process_kprobe", EventKind::Kprobe}, {"process_tracepoint", EventKind::Tracepoint},
                               {"process_uprobe", EventKind::Uprobe}, {"process_usdt", EventKind::Usdt},
                               {"process_lsm", EventKind::Lsm},       {"process_loader", EventKind::Loader},
                               {"rate_limit_info", EventKind::Gap}};

/// An event of a kind that burin does not make (a throttle, from another tracer).
const Json* foreign_body(const Json& json) {
  for (const auto& [key, value] : json.items())
    if (key.rfind("process_", 0) == 0 && value.is_object()) return &value;
  return nullptr;
}

}  // namespace

Result<LineFilter> LineFilter::compile(const FilterSpec& spec) {
  if (!spec.pods.empty() || !spec.namespaces.empty())
    return fail(ErrorCode::InvalidPolicy,
                "pods and namespaces can only be filtered by a server, not in events read from standard input");
  TRY(auto filter, EventFilter::compile(spec, ""));
  return LineFilter(std::move(filter), spec.events.empty());
}

Result<bool> LineFilter::matches(std::string_view line) const {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::Io, "not a JSON object");
  Event event;
  const Json* body = nullptr;
  for (const auto& name : kKinds) {
    body = member(&json, name.key);
    event.kind = name.kind;
    if (body != nullptr) break;
  }
  if (body == nullptr) {
    if (!any_kind_) return false;
    event.kind = EventKind::Kprobe;
    body = foreign_body(json);
  }
  auto process = std::make_shared<ProcessInfo>();
  process->binary = text(member(body, "process"), "binary");
  process->known = !process->binary.empty();
  event.process = std::move(process);
  if (const std::string policy = text(body, "policy_name"); !policy.empty()) {
    auto hook = std::make_shared<HookInfo>();
    hook->policy = policy;
    event.hook = std::move(hook);
  }
  return filter_.matches(event);
}

}  // namespace burin
