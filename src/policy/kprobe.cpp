// A kprobe's fields. Arguments are read before selectors, whatever their order in the file.
#include "policy/kprobe.h"

#include <algorithm>

#include "policy/expand.h"
#include "policy/fields.h"
#include "policy/selector.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

/// Limits of the event's texts, as in Tetragon.
constexpr std::size_t kMinMessage = 2, kMaxMessage = 256;
constexpr std::size_t kMaxTags = 16, kMinTag = 2, kMaxTag = 128;
/// KSYM_NAME_LEN (512 since Linux 6.1) without the NUL.
constexpr std::size_t kMaxSymbol = 511;

struct KprobeDraft {
  Hook hook;
  const Node* call = nullptr;
  const Node* syscall = nullptr;
  const Node* args = nullptr;
  const Node* selectors = nullptr;
};

struct ArgDraft {
  PolicyArg arg;
  bool has_index = false;
  const ArgType* type = nullptr;
};

bool symbol_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// A kernel symbol: letters, digits, `_`, and `.` as compilers put it into clones (foo.isra.0).
bool is_symbol(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSymbol && !(name[0] >= '0' && name[0] <= '9') && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), symbol_char);
}

void read_call(Reading& reading, const Node& value, KprobeDraft& draft) {
  draft.call = &value;
  draft.hook.call_span = reading.span(value);
  const std::optional<std::string> name = reading.text(value, "call");
  if (!name) return;
  if (name->starts_with("list:")) return reading.not_yet(draft.hook.call_span, "call: " + *name);
  if (is_symbol(*name)) {
    draft.hook.call = *name;
    return;
  }
  reading.error("bad-symbol", draft.hook.call_span, quoted(*name) + " is not the name of a kernel function",
                "names have letters, digits, `_` and `.`; `grep NAME /proc/kallsyms` finds them");
}

void read_message(Reading& reading, const Node& value, KprobeDraft& draft) {
  if (!reading.text(value, "message")) return;
  const std::optional<ExpandedText> text = expand(reading, value);
  if (!text) return;
  std::string message = text->text();
  if (message.size() < kMinMessage) {
    reading.error("wrong-length", reading.span(value), "`message` has fewer than 2 bytes");
  } else if (message.size() > kMaxMessage) {
    reading.warning("message-cut", reading.span(value),
                    "`message` has " + std::to_string(message.size()) + " bytes: events carry the first 256");
    std::size_t end = kMaxMessage;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;  // not inside a character
    message.resize(end);
  }
  draft.hook.message = std::move(message);
}

void read_tags(Reading& reading, const Node& value, KprobeDraft& draft) {
  read_list(reading, value, "tags", kMaxTags, [&](const Node& item) {
    if (!reading.text(item, "tags")) return;
    const std::optional<ExpandedText> text = expand(reading, item);
    if (!text) return;
    if (text->text().size() < kMinTag || text->text().size() > kMaxTag)
      reading.error("wrong-length", reading.span(item),
                    "a tag has 2 to 128 bytes, this one has " + std::to_string(text->text().size()));
    else
      draft.hook.tags.push_back(text->text());
  });
}

struct IgnoreDraft {
  bool call_not_found = false;
};

constexpr Field<IgnoreDraft> kIgnoreFields[] = {
    {"callNotFound", FieldStatus::Optional,
     [](Reading& reading, const Node& value, IgnoreDraft& d) {
       d.call_not_found = reading.boolean(value, "callNotFound").value_or(false);
     }},
};

void read_ignore(Reading& reading, const Node& value, KprobeDraft& draft) {
  IgnoreDraft ignore;
  read_fields<IgnoreDraft>(reading, value, "`ignore`", kIgnoreFields, ignore);
  draft.hook.ignore_call_not_found = ignore.call_not_found;
}

constexpr Field<KprobeDraft> kKprobeFields[] = {
    {"call", FieldStatus::Required, read_call},
    {"syscall", FieldStatus::Optional, [](Reading&, const Node& value, KprobeDraft& d) { d.syscall = &value; }},
    {"args", FieldStatus::Optional, [](Reading&, const Node& value, KprobeDraft& d) { d.args = &value; }},
    {"selectors", FieldStatus::Optional, [](Reading&, const Node& value, KprobeDraft& d) { d.selectors = &value; }},
    {"message", FieldStatus::Optional, read_message},
    {"tags", FieldStatus::Optional, read_tags},
    {"ignore", FieldStatus::Optional, read_ignore},
    {"return", FieldStatus::NotYetUnlessFalse},
    {"returnArg", FieldStatus::NotYet},
    {"returnArgAction", FieldStatus::NotYet},
    {"data", FieldStatus::NotYet},
};

void read_index(Reading& reading, const Node& value, ArgDraft& draft) {
  if (const std::optional<std::uint32_t> index = reading.number(value, "index", kMaxArgIndex)) {
    draft.arg.index = *index;
    draft.has_index = true;
  }
}

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const ArgType& type : all_types()) names.emplace_back(type.name);
  for (std::string_view name : tetragon_types()) names.emplace_back(name);
  return names;
}

void read_type(Reading& reading, const Node& value, ArgDraft& draft) {
  draft.arg.type_span = reading.span(value);
  const std::optional<std::string> name = reading.text(value, "type");
  if (!name) return;
  draft.arg.type = *name;
  draft.type = find_type(*name);
  if (draft.type) return;
  if (*name == "auto" || *name == "syscall64") {
    reading.error("wrong-value", draft.arg.type_span, "type " + *name + " is not for kprobes",
                  "name the parameter's type, for instance sock or int");
  } else if (is_tetragon_type(*name)) {
    reading.not_yet(draft.arg.type_span, "type: " + *name);
  } else {
    reading.error("unknown-type", draft.arg.type_span, "unknown argument type " + quoted(*name),
                  did_you_mean(*name, type_names(), "`burin list types` lists them"));
  }
}

constexpr Field<ArgDraft> kArgFields[] = {
    {"index", FieldStatus::Required, read_index},
    {"type", FieldStatus::Required, read_type},
    {"label", FieldStatus::Optional,
     [](Reading& reading, const Node& value, ArgDraft& d) { d.arg.label = reading.text(value, "label").value_or(""); }},
    {"btfType", FieldStatus::NotYet},
    {"btfTypeModule", FieldStatus::NotYet},
    {"maxData", FieldStatus::NotYetUnlessFalse},
    {"resolve", FieldStatus::NotYet},
    {"returnCopy", FieldStatus::NotYetUnlessFalse},
    {"sizeArgIndex", FieldStatus::NotYet},
    {"source", FieldStatus::NotYet},
};

DeclaredArgs read_args(Reading& reading, const Node& list, Hook& hook) {
  DeclaredArgs declared;
  declared.complete = list.kind == Node::Kind::Sequence && list.items.size() <= kMaxArgIndex + 1;
  read_list(reading, list, "args", kMaxArgIndex + 1, [&](const Node& item) {
    ArgDraft draft;
    if (!read_fields<ArgDraft>(reading, item, "an entry of `args`", kArgFields, draft) || !draft.has_index) {
      declared.complete = false;
      return;
    }
    for (const DeclaredArg& other : declared.list)
      if (other.index == draft.arg.index)
        return reading.not_yet(reading.span(item), "index: " + std::to_string(draft.arg.index) + " twice",
                               "capture each parameter once");
    draft.arg.span = reading.span(item);
    declared.list.push_back({draft.arg.index, draft.type});
    hook.args.push_back(std::move(draft.arg));
  });
  return declared;
}

void check_syscall(Reading& reading, const KprobeDraft& draft) {
  if (draft.syscall && !reading.boolean(*draft.syscall, "syscall").value_or(false)) return;
  if (draft.syscall)
    return reading.not_yet(reading.span(*draft.syscall), "syscall: true",
                           "a kernel function is hooked with `syscall: false`");
  if (!draft.call || draft.hook.call.empty()) return;
  reading.not_yet(draft.hook.call_span, "syscall: true",
                  "`syscall` is true when it is not written: add `syscall: false` if " + quoted(draft.hook.call) +
                      " is a kernel function");
}

}  // namespace

Hook read_kprobe(Reading& reading, const Node& value) {
  KprobeDraft draft;
  if (!read_fields<KprobeDraft>(reading, value, "an entry of `kprobes`", kKprobeFields, draft)) return {};
  draft.hook.span = reading.span(value);
  check_syscall(reading, draft);
  DeclaredArgs declared;
  if (draft.args) declared = read_args(reading, *draft.args, draft.hook);
  if (draft.selectors) draft.hook.selectors = read_selectors(reading, *draft.selectors, declared);
  return std::move(draft.hook);
}

}  // namespace burin
