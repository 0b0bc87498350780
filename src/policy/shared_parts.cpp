// `lists`, `enforcers` and `options`.
#include "policy/shared_parts.h"

#include <algorithm>

namespace burin {
namespace {

constexpr std::size_t kMaxLists = 64;
/// Names of one list; the largest kernel has about 100,000 traceable functions.
constexpr std::size_t kMaxListValues = 100'000;
constexpr std::size_t kMaxPattern = 1024;
constexpr std::size_t kMaxOptions = 64;

struct ListDraft {
  SymbolList list;
  const YamlNode* name = nullptr;
  const YamlNode* type = nullptr;
  const YamlNode* values = nullptr;
  const YamlNode* pattern = nullptr;
};

std::vector<std::string> list_type_words() {
  return {"syscalls", "generated_syscalls", "generated_ftrace"};
}

constexpr Field<ListDraft> kListFields[] = {
    {"name", FieldStatus::Required, form::text(), "the name behind `list:`", keep<ListDraft, &ListDraft::name>},
    {"type", FieldStatus::Optional, form::word(list_type_words),
     "syscalls: names of system calls; generated_syscalls: all of them; generated_ftrace: functions that match "
     "`pattern`; none: names of functions",
     keep<ListDraft, &ListDraft::type>},
    {"values", FieldStatus::Optional, form::texts(), "the names", keep<ListDraft, &ListDraft::values>},
    {"pattern", FieldStatus::Optional, form::text(), "generated_ftrace: regular expression (RE2)",
     keep<ListDraft, &ListDraft::pattern>},
    {"validated", FieldStatus::Optional, form::any(), "accepted and ignored",
     [](Reading&, const Entry&, ListDraft&) {}},
};

void read_list_values(Reading& reading, ListDraft& draft) {
  const bool syscalls = draft.list.type == SymbolList::Type::Syscalls;
  read_list(reading, *draft.values, "values", kMaxListValues, [&](const YamlNode& item) {
    const std::optional<std::string> text = reading.text(item, "values");
    if (!text) return;
    std::string_view name = *text;
    if (syscalls && name.starts_with("i386/")) name.remove_prefix(5);
    if (is_symbol(name))
      draft.list.values.push_back({*text, reading.span(item)});
    else
      reading.error("bad-symbol", reading.span(item),
                    quoted(*text) + " is not the name of a " + (syscalls ? "system call" : "kernel function"));
  });
}

/// False when a mistake makes the list unusable.
bool read_one_list(Reading& reading, ListDraft& draft) {
  SymbolList& list = draft.list;
  if (draft.type) {
    const std::optional<std::string> type = reading.word(*draft.type, "type", list_type_words());
    if (!type) return false;
    list.type = *type == "syscalls"             ? SymbolList::Type::Syscalls
                : *type == "generated_syscalls" ? SymbolList::Type::GeneratedSyscalls
                                                : SymbolList::Type::GeneratedFtrace;
  }
  const bool generated =
      list.type == SymbolList::Type::GeneratedSyscalls || list.type == SymbolList::Type::GeneratedFtrace;
  if (draft.values && generated)
    reading.warning("argument-ignored", reading.span(*draft.values), "`values` means nothing to a generated list",
                    "remove it, or write type: syscalls");
  else if (draft.values)
    read_list_values(reading, draft);
  if (!generated && (!draft.values || draft.values->items.empty())) {
    reading.error("empty-values", list.span, "list " + quoted(list.name) + " has no `values`");
    return false;
  }
  if (list.type == SymbolList::Type::GeneratedFtrace) {
    const std::optional<std::string> pattern = draft.pattern ? reading.text(*draft.pattern, "pattern") : std::nullopt;
    if (!draft.pattern || (pattern && pattern->empty()))
      reading.error("missing-field", list.span, "a generated_ftrace list needs `pattern`",
                    "a pattern for all functions is ^.*$");
    if (!pattern || pattern->empty()) return false;
    if (pattern->size() > kMaxPattern) {
      reading.error("wrong-length", reading.span(*draft.pattern), "a pattern has at most 1024 bytes");
      return false;
    }
    list.pattern = *pattern;
  } else if (draft.pattern) {
    reading.warning("argument-ignored", reading.span(*draft.pattern), "`pattern` is for generated_ftrace lists only",
                    "remove it, or write type: generated_ftrace");
  }
  return true;
}

struct EnforcerDraft {
  const YamlNode* calls = nullptr;
};

constexpr Field<EnforcerDraft> kEnforcerFields[] = {
    {"calls", FieldStatus::Required, form::texts(),
     "what NotifyEnforcer stops: system calls, security_ functions, or `list:NAME`",
     keep<EnforcerDraft, &EnforcerDraft::calls>},
};

struct OptionDraft {
  const YamlNode* name = nullptr;
  const YamlNode* value = nullptr;
};

std::vector<std::string> option_words() {
  return {"disable-kprobe-multi", "disable-uprobe-multi", "override-method", "policy-mode", "sleepable-preload-size"};
}

constexpr Field<OptionDraft> kOptionFields[] = {
    {"name", FieldStatus::Required, form::word(option_words),
     "policy-mode and override-method mean something here; the others are accepted",
     keep<OptionDraft, &OptionDraft::name>},
    {"value", FieldStatus::Required, form::text(),
     "policy-mode: enforce, monitor; override-method: fmod-ret, "
     "override-return",
     keep<OptionDraft, &OptionDraft::value>},
};

void read_option(Reading& reading, const OptionDraft& draft, PolicyOptions& out) {
  const std::optional<std::string> name = reading.text(*draft.name, "name");
  const std::optional<std::string> value = reading.text(*draft.value, "value");
  if (!name || !value) return;
  if (*name == "policy-mode") {
    const std::optional<std::string> word = reading.word(*draft.value, "value", {"enforce", "monitor"});
    if (word) out.mode = *word == "monitor" ? PolicyMode::Monitor : PolicyMode::Enforce;
  } else if (*name == "override-method") {
    const std::optional<std::string> word = reading.word(*draft.value, "value", {"fmod-ret", "override-return"});
    if (word)
      out.override_method =
          *word == "fmod-ret" ? PolicyOptions::OverrideMethod::FmodRet : PolicyOptions::OverrideMethod::OverrideReturn;
  } else if (const std::vector<std::string> known = option_words();
             std::find(known.begin(), known.end(), *name) == known.end()) {
    reading.warning("unknown-option", reading.span(*draft.name), "there is no option " + quoted(*name) + ": ignored",
                    did_you_mean(*name, known));
  }
}

}  // namespace

void read_lists(Reading& reading, const YamlNode& value, SharedParts& shared) {
  read_list(reading, value, "lists", kMaxLists, [&](const YamlNode& item) {
    ListDraft draft;
    draft.list.span = reading.span(item);
    if (!read_fields<ListDraft>(reading, item, "an entry of `lists`", kListFields, draft) || !draft.name) return;
    const std::optional<std::string> name = reading.text(*draft.name, "name");
    if (!name) return;
    draft.list.name = *name;
    if (name->empty())
      return reading.error("wrong-length", reading.span(*draft.name), "the name of a list cannot be empty");
    if (shared.list(*name))
      return reading.error("duplicate-key", reading.span(*draft.name), "there is a list " + quoted(*name) + " already");
    if (read_one_list(reading, draft))
      shared.lists.push_back(std::move(draft.list));
    else
      shared.wrong_lists.insert(*name);
  });
}

std::vector<Enforcer> read_enforcers(Reading& reading, const YamlNode& value, SharedParts& shared) {
  std::vector<Enforcer> out;
  shared.enforcers = value.kind != YamlNode::Kind::Sequence || !value.items.empty();
  read_list(reading, value, "enforcers", 1, [&](const YamlNode& item) {
    EnforcerDraft draft;
    Enforcer enforcer;
    enforcer.span = reading.span(item);
    if (!read_fields<EnforcerDraft>(reading, item, "an entry of `enforcers`", kEnforcerFields, draft) || !draft.calls)
      return;
    if (draft.calls->kind == YamlNode::Kind::Sequence && draft.calls->items.empty())
      reading.error("empty-values", reading.span(*draft.calls), "`calls` lists nothing");
    read_list(reading, *draft.calls, "calls", kMaxListValues, [&](const YamlNode& call) {
      const std::optional<std::string> name = reading.text(call, "calls");
      if (!name) return;
      const SourceSpan span = reading.span(call);
      if (name->starts_with("list:")) {
        if (find_list(reading, *name, span, shared)) enforcer.calls.push_back({*name, span});
      } else if (is_symbol(name->starts_with("i386/") ? std::string_view(*name).substr(5) : *name)) {
        enforcer.calls.push_back({*name, span});
      } else {
        reading.error("bad-symbol", span, quoted(*name) + " is not the name of a system call or kernel function");
      }
    });
    out.push_back(std::move(enforcer));
  });
  return out;
}

PolicyOptions read_options(Reading& reading, const YamlNode& value) {
  PolicyOptions out;
  std::set<std::string> seen;
  read_list(reading, value, "options", kMaxOptions, [&](const YamlNode& item) {
    OptionDraft draft;
    if (!read_fields<OptionDraft>(reading, item, "an entry of `options`", kOptionFields, draft) || !draft.name ||
        !draft.value)
      return;
    if (draft.name->kind == YamlNode::Kind::Scalar && !seen.insert(draft.name->text).second)
      return reading.error("duplicate-key", reading.span(*draft.name),
                           "option " + quoted(draft.name->text) + " is already given");
    read_option(reading, draft, out);
  });
  return out;
}

const ObjectDoc& list_object() {
  static const ObjectDoc doc = describe<ListDraft>("list", "A named list of functions or system calls", kListFields);
  return doc;
}

const ObjectDoc& enforcer_object() {
  static const ObjectDoc doc =
      describe<EnforcerDraft>("enforcer", "Calls that an action NotifyEnforcer of another hook stops", kEnforcerFields);
  return doc;
}

const ObjectDoc& option_object() {
  static const ObjectDoc doc = describe<OptionDraft>("option", "A setting of the whole policy", kOptionFields);
  return doc;
}

}  // namespace burin
