// Entries of `kprobes` and of `fentries`, which have the same fields.
#include <algorithm>

#include "policy/hook.h"
#include "policy/selector.h"

namespace burin {
namespace {

/// "openat", "sys_openat", "__x64_sys_openat", "i386/open".
bool is_syscall_name(std::string_view name) {
  if (name.starts_with("i386/")) name.remove_prefix(5);
  return is_symbol(name) && name.find('.') == std::string_view::npos;
}

bool looks_like_syscall(std::string_view name) {
  for (const std::string_view prefix : {"sys_", "__x64_sys_", "__arm64_sys_", "__ia32_sys_", "i386/"})
    if (name.starts_with(prefix)) return true;
  return false;
}

struct IgnoreDraft {
  bool call_not_found = false;
};

constexpr Field<IgnoreDraft> kIgnoreFields[] = {
    {"callNotFound", FieldStatus::Optional, form::boolean("false"),
     "a host without this function is fine: the policy runs without the hook",
     read_boolean<IgnoreDraft, &IgnoreDraft::call_not_found>},
};

const ObjectDoc& ignore_object() {
  static const ObjectDoc doc = describe<IgnoreDraft>("ignore", "What is no reason to refuse the policy", kIgnoreFields);
  return doc;
}

void read_ignore(Reading& reading, const Entry& entry, HookDraft& draft) {
  IgnoreDraft ignore;
  read_fields<IgnoreDraft>(reading, entry.value, "`ignore`", kIgnoreFields, ignore);
  draft.hook.ignore_call_not_found = ignore.call_not_found;
}

std::vector<std::string> return_action_words() {
  return {"TrackSock", "UntrackSock"};
}

constexpr Field<HookDraft> kKprobeFields[] = {
    {"call", FieldStatus::Required, form::text(),
     "the kernel function, the system call, or `list:NAME` for every one of a list", keep<HookDraft, &HookDraft::call>},
    {"syscall", FieldStatus::Optional, form::boolean("true"),
     "`call` is a system call; a kernel function needs `syscall: false`", keep<HookDraft, &HookDraft::syscall>},
    {"return", FieldStatus::Optional, form::boolean("false"), "report when the function returns, with what it returned",
     [](Reading& reading, const Entry& entry, HookDraft& d) { d.returns = reading.boolean(entry).value_or(false); }},
    {"returnArg", FieldStatus::Optional, form::object(arg_object), "what the function returns; with `return: true`",
     keep<HookDraft, &HookDraft::return_arg>},
    {"returnArgAction", FieldStatus::Optional, form::word(return_action_words),
     "remember or forget the returned sock's owner", keep<HookDraft, &HookDraft::return_arg_action>},
    {"args", FieldStatus::Optional, form::objects(arg_object), "the parameters that are captured",
     keep<HookDraft, &HookDraft::args>},
    {"data", FieldStatus::Optional, form::objects(arg_object),
     "values that are no parameters: from the calling task or its registers", keep<HookDraft, &HookDraft::data>},
    {"selectors", FieldStatus::Optional, form::objects(selector_object),
     "which calls matter and what happens then; the first that matches counts; none: every call is reported",
     keep<HookDraft, &HookDraft::selectors>},
    {"message", FieldStatus::Optional, form::text(), "2 to 256 bytes that events carry", read_message},
    {"tags", FieldStatus::Optional, form::texts(), "at most 16 texts of 2 to 128 bytes that events carry", read_tags},
    {"ignore", FieldStatus::Optional, form::object(ignore_object), "what is no reason to refuse the policy",
     read_ignore},
};

/// A list says itself what it has names of.
bool list_has_syscalls(const SymbolList& list) {
  return list.type == SymbolList::Type::Syscalls || list.type == SymbolList::Type::GeneratedSyscalls;
}

void read_listed_call(Reading& reading, const std::string& call, HookDraft& draft) {
  const SymbolList* list = find_list(reading, call, draft.hook.call_span, draft.shared);
  if (!list) return;
  draft.hook.call = call;
  draft.hook.syscall = list_has_syscalls(*list);
  if (!draft.syscall) return;
  const std::optional<bool> written = reading.boolean(*draft.syscall, "syscall");
  if (written && *written != draft.hook.syscall)
    reading.warning("argument-ignored", reading.span(*draft.syscall),
                    "list " + quoted(list->name) + " has names of " +
                        (draft.hook.syscall ? "system calls" : "kernel functions") + ", whatever `syscall` says",
                    "remove it");
}

void read_call(Reading& reading, HookDraft& draft) {
  Hook& hook = draft.hook;
  hook.call_span = reading.span(*draft.call);
  const std::optional<std::string> name = reading.text(*draft.call, "call");
  if (!name) return;
  if (name->starts_with("list:")) return read_listed_call(reading, *name, draft);
  hook.syscall = draft.syscall ? reading.boolean(*draft.syscall, "syscall").value_or(true) : true;
  if (!draft.syscall && is_symbol(*name) && !looks_like_syscall(*name))
    reading.warning("syscall-by-default", hook.call_span,
                    "`syscall` is true when it is not written: " + quoted(*name) + " is taken for a system call",
                    "add `syscall: false` if it is a kernel function, else `syscall: true`");
  if (hook.syscall ? is_syscall_name(*name) : is_symbol(*name)) {
    hook.call = *name;
  } else if (hook.syscall) {
    reading.error("bad-symbol", hook.call_span, quoted(*name) + " is not the name of a system call",
                  "names look like sys_openat or i386/sys_open");
  } else {
    reading.error("bad-symbol", hook.call_span, quoted(*name) + " is not the name of a kernel function",
                  name->starts_with("i386/")
                      ? "i386/ is for system calls: remove `syscall: false`"
                      : "names have letters, digits, `_` and `.`; `grep NAME /proc/kallsyms` finds them");
  }
}

Hook read_function(Reading& reading, const YamlNode& value, HookKind kind, SharedParts& shared) {
  HookDraft draft(kind, shared);
  draft.hook.span = reading.span(value);
  const std::string object = "an entry of `" + std::string(section_of(kind)) + "`";
  if (!read_fields<HookDraft>(reading, value, object, kKprobeFields, draft)) return std::move(draft.hook);
  if (draft.call) read_call(reading, draft);
  finish_hook(reading, draft);
  return std::move(draft.hook);
}

}  // namespace

Hook read_kprobe(Reading& reading, const YamlNode& value, SharedParts& shared) {
  return read_function(reading, value, HookKind::Kprobe, shared);
}

Hook read_fentry(Reading& reading, const YamlNode& value, SharedParts& shared) {
  return read_function(reading, value, HookKind::Fentry, shared);
}

const ObjectDoc& kprobe_object() {
  static const ObjectDoc doc = describe<HookDraft>(
      "kprobe", "A kernel function or system call: an entry of `kprobes` or `fentries`", kKprobeFields);
  return doc;
}

}  // namespace burin
