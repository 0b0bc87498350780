// Entries of `lsmhooks`.
#include "policy/hook.h"
#include "policy/selector.h"

namespace burin {
namespace {

constexpr std::string_view kPrefix = "security_";

void read_hook_name(Reading& reading, const Entry& entry, HookDraft& draft) {
  draft.hook.call_span = reading.span(entry.value);
  const std::optional<std::string> name = reading.text(entry);
  if (!name) return;
  if (name->starts_with(kPrefix))
    return reading.error("bad-symbol", draft.hook.call_span,
                         quoted(*name) + " is the kernel's function: the hook's name has no security_",
                         "write " + quoted(name->substr(kPrefix.size())));
  if (is_symbol(*name) && name->find('.') == std::string::npos)
    draft.hook.call = *name;
  else
    reading.error("bad-symbol", draft.hook.call_span, quoted(*name) + " is not the name of an LSM hook",
                  "hooks are listed in the kernel's include/linux/lsm_hook_defs.h, for instance file_open");
}

constexpr Field<HookDraft> kLsmFields[] = {
    {"hook", FieldStatus::Required, form::text(), "the LSM hook, without security_", read_hook_name},
    {"args", FieldStatus::Optional, form::objects(arg_object), "the parameters that are captured",
     keep<HookDraft, &HookDraft::args>},
    {"selectors", FieldStatus::Optional, form::objects(selector_object),
     "which calls matter and what happens then; the first that matches counts; none: every call is reported",
     keep<HookDraft, &HookDraft::selectors>},
    {"message", FieldStatus::Optional, form::text(), "2 to 256 bytes that events carry", read_message},
    {"tags", FieldStatus::Optional, form::texts(), "at most 16 texts of 2 to 128 bytes that events carry", read_tags},
};

}  // namespace

Hook read_lsm_hook(Reading& reading, const YamlNode& value, SharedParts& shared) {
  HookDraft draft(HookKind::Lsm, shared);
  draft.hook.span = reading.span(value);
  if (!read_fields<HookDraft>(reading, value, "an entry of `lsmhooks`", kLsmFields, draft))
    return std::move(draft.hook);
  finish_hook(reading, draft);
  return std::move(draft.hook);
}

const ObjectDoc& lsm_hook_object() {
  static const ObjectDoc doc = describe<HookDraft>("lsmhook", "A hook of the kernel's security modules", kLsmFields);
  return doc;
}

}  // namespace burin
