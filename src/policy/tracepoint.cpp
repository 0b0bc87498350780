// Entries of `tracepoints`: static tracepoints by their format file, or raw ones by their parameters.
#include <algorithm>

#include "policy/hook.h"
#include "policy/selector.h"

namespace burin {
namespace {

constexpr std::size_t kMaxTracepointName = 128;

/// The names become parts of paths in tracefs.
bool is_tracepoint_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxTracepointName && name[0] != '.' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

void read_name(Reading& reading, const Entry& entry, std::string& out) {
  const std::optional<std::string> name = reading.text(entry);
  if (!name) return;
  if (is_tracepoint_name(*name)) {
    out = *name;
    return;
  }
  const std::size_t colon = std::min(name->find(':'), name->find('/'));
  reading.error("bad-symbol", reading.span(entry.value), quoted(*name) + " is not the name of a tracepoint",
                colon != std::string::npos && colon + 1 < name->size()
                    ? "write subsystem: " + name->substr(0, colon) + " and event: " + name->substr(colon + 1)
                    : "names have letters, digits, `_`, `-` and `.`; `ls /sys/kernel/tracing/events` shows them");
}

constexpr Field<HookDraft> kTracepointFields[] = {
    {"subsystem", FieldStatus::Required, form::text(), "the tracepoint's group, like syscalls or sched",
     [](Reading& reading, const Entry& entry, HookDraft& d) { read_name(reading, entry, d.hook.subsystem); }},
    {"event", FieldStatus::Required, form::text(), "the tracepoint's name in its group",
     [](Reading& reading, const Entry& entry, HookDraft& d) {
       d.hook.call_span = reading.span(entry.value);
       read_name(reading, entry, d.hook.call);
     }},
    {"raw", FieldStatus::Optional, form::boolean("false"),
     "attach before the record is made: `index` then counts the tracepoint's parameters",
     [](Reading& reading, const Entry& entry, HookDraft& d) {
       if (reading.boolean(entry).value_or(false)) d.hook.kind = HookKind::RawTracepoint;
     }},
    {"args", FieldStatus::Optional, form::objects(arg_object), "the fields that are captured",
     keep<HookDraft, &HookDraft::args>},
    {"selectors", FieldStatus::Optional, form::objects(selector_object),
     "which events matter and what happens then; the first that matches counts; none: every one is reported",
     keep<HookDraft, &HookDraft::selectors>},
    {"message", FieldStatus::Optional, form::text(), "2 to 256 bytes that events carry", read_message},
    {"tags", FieldStatus::Optional, form::texts(), "at most 16 texts of 2 to 128 bytes that events carry", read_tags},
};

}  // namespace

Hook read_tracepoint(Reading& reading, const YamlNode& value, SharedParts& shared) {
  HookDraft draft(HookKind::Tracepoint, shared);
  draft.hook.span = reading.span(value);
  if (!read_fields<HookDraft>(reading, value, "an entry of `tracepoints`", kTracepointFields, draft))
    return std::move(draft.hook);
  finish_hook(reading, draft);
  return std::move(draft.hook);
}

const ObjectDoc& tracepoint_object() {
  static const ObjectDoc doc =
      describe<HookDraft>("tracepoint", "A static or raw tracepoint of the kernel", kTracepointFields);
  return doc;
}

}  // namespace burin
