// Entries of `args` and `data`, and `returnArg`: what is captured of a call, and how.
#include <algorithm>

#include "policy/hook.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

/// Steps of one `resolve` path (Tetragon's limit).
constexpr std::size_t kMaxResolveDepth = 10;
/// sizeArgIndex counts parameters from 1 (Tetragon's limit).
constexpr std::uint32_t kMaxSizeArgIndex = 15;
constexpr std::size_t kMaxLabel = 256;

struct ArgDraft {
  PolicyArg arg;
  const YamlNode* index = nullptr;
  const YamlNode* type = nullptr;
  const YamlNode* source = nullptr;
  const YamlNode* size_arg_index = nullptr;
  const YamlNode* return_copy = nullptr;
  const YamlNode* max_data = nullptr;
  const YamlNode* btf_type = nullptr;
  const YamlNode* btf_type_module = nullptr;
};

std::vector<std::string> type_words() {
  std::vector<std::string> names{"auto"};
  for (const ArgType& type : all_types()) names.emplace_back(type.name);
  for (std::string_view name : tetragon_types())
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  return names;
}

std::vector<std::string> source_words() {
  return {"current_task", "pt_regs"};
}

bool identifier(std::string_view name) {
  return is_symbol(name) && name.find('.') == std::string_view::npos;
}

/// "a.b[3].c": names of members, each with at most a number in brackets.
bool is_member_path(std::string_view path) {
  std::size_t steps = 0;
  while (true) {
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view step = path.substr(0, end);
    if (const std::size_t open = step.find('['); open != std::string_view::npos) {
      std::string_view number = step.substr(open + 1);
      if (number.size() < 2 || number.size() > 10 || number.back() != ']') return false;
      number.remove_suffix(1);
      if (!std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
      step = step.substr(0, open);
    }
    if (!identifier(step) || ++steps > kMaxResolveDepth) return false;
    if (end == path.size()) return true;
    path.remove_prefix(end + 1);
  }
}

void read_resolve(Reading& reading, const Entry& entry, ArgDraft& draft) {
  const std::optional<std::string> path = reading.text(entry);
  if (!path) return;
  draft.arg.resolve_span = reading.span(entry.value);
  if (is_member_path(*path))
    draft.arg.resolve = *path;
  else
    reading.error("bad-path", draft.arg.resolve_span, quoted(*path) + " is not a path through structures",
                  "write at most 10 member names with dots between, for instance mm.owner.comm or args[1].name");
}

void read_btf_name(Reading& reading, const Entry& entry, std::string& out) {
  const std::optional<std::string> name = reading.text(entry);
  if (!name) return;
  if (identifier(*name))
    out = *name;
  else
    reading.error("bad-symbol", reading.span(entry.value), quoted(*name) + " is not the name of a structure or module");
}

void read_label(Reading& reading, const Entry& entry, ArgDraft& draft) {
  const std::optional<std::string> label = reading.text(entry);
  if (!label) return;
  if (label->size() > kMaxLabel)
    reading.error("wrong-length", reading.span(entry.value),
                  "a label has at most 256 bytes, this one has " + std::to_string(label->size()));
  else
    draft.arg.label = *label;
}

constexpr Field<ArgDraft> kArgFields[] = {
    {"index", FieldStatus::Optional, form::integer(0, kMaxFieldIndex),
     "which parameter, from 0; for a tracepoint the ordinal of the field in its format file, common fields counted",
     keep<ArgDraft, &ArgDraft::index>},
    {"type", FieldStatus::Optional, form::word(type_words).by_default("auto"),
     "what it is; `auto` (tracepoints, and with `resolve`) takes the kernel's own type",
     keep<ArgDraft, &ArgDraft::type>},
    {"label", FieldStatus::Optional, form::text(), "a text that events carry beside the value", read_label},
    {"sizeArgIndex", FieldStatus::Optional, form::integer(0, kMaxSizeArgIndex),
     "char_buf: the parameter that has its length, counted from 1", keep<ArgDraft, &ArgDraft::size_arg_index>},
    {"returnCopy", FieldStatus::Optional, form::boolean("false"),
     "char_buf: read when the function returns, as many bytes as it says", keep<ArgDraft, &ArgDraft::return_copy>},
    {"maxData", FieldStatus::Optional, form::boolean("false"),
     "char_buf, char_iovec, iov_iter: up to 327360 bytes instead of 4095", keep<ArgDraft, &ArgDraft::max_data>},
    {"resolve", FieldStatus::Optional, form::text(),
     "a path of members that is followed from the value, like mm.owner.comm or a.b[3].c; its end decides the type",
     read_resolve},
    {"source", FieldStatus::Optional, form::word(source_words),
     "`data` only: where the value comes from, the calling task or its saved registers",
     keep<ArgDraft, &ArgDraft::source>},
    {"btfType", FieldStatus::Optional, form::text(), "the structure that the pointer is taken for before `resolve`",
     [](Reading& reading, const Entry& entry, ArgDraft& draft) {
       draft.btf_type = &entry.value;
       read_btf_name(reading, entry, draft.arg.btf_type);
     }},
    {"btfTypeModule", FieldStatus::Optional, form::text(), "the kernel module whose type information has `btfType`",
     [](Reading& reading, const Entry& entry, ArgDraft& draft) {
       draft.btf_type_module = &entry.value;
       read_btf_name(reading, entry, draft.arg.btf_type_module);
     }},
};

std::uint32_t max_index(const HookDraft& hook, ArgPlace place) {
  if (place != ArgPlace::Args) return kMaxFieldIndex;
  switch (hook.hook.kind) {
    case HookKind::Tracepoint: return kMaxFieldIndex;
    case HookKind::RawTracepoint:
    case HookKind::Fentry:
    case HookKind::Lsm:
    case HookKind::Usdt: return kMaxContextIndex;
    case HookKind::Kprobe:
    case HookKind::Uprobe: break;
  }
  return kMaxRegisterIndex;
}

bool host_knows_types(HookKind kind) {
  return kind == HookKind::Tracepoint || kind == HookKind::RawTracepoint;
}

std::string entry_name(ArgPlace place) {
  switch (place) {
    case ArgPlace::Args: return "an entry of `args`";
    case ArgPlace::Data: return "an entry of `data`";
    case ArgPlace::Return: break;
  }
  return "`returnArg`";
}

/// Null when the host decides, or when it was reported.
const ArgType* read_type(Reading& reading, const HookDraft& hook, ArgPlace place, ArgDraft& draft) {
  PolicyArg& arg = draft.arg;
  const bool open = !arg.resolve.empty() || (place == ArgPlace::Args && host_knows_types(hook.hook.kind));
  arg.type = "auto";
  arg.type_span = draft.type ? reading.span(*draft.type) : arg.span;
  const std::optional<std::string> name = draft.type ? reading.text(*draft.type, "type") : "auto";
  if (!name) return nullptr;
  const std::string section(section_of(hook.hook.kind));
  if (*name == "auto") {
    if (open) return nullptr;
    if (!draft.type)
      reading.error("missing-field", arg.span, entry_name(place) + " needs `type`",
                    "`burin list types` lists them; only tracepoints know their own");
    else
      reading.error("wrong-value", arg.type_span, "type auto is not for " + section,
                    "name the parameter's type, for instance sock or int");
    return nullptr;
  }
  arg.type = *name;
  if (*name == "syscall64" && !host_knows_types(hook.hook.kind)) {
    reading.error("wrong-value", arg.type_span, "type syscall64 is not for " + section,
                  "it is the number of a system call, which only tracepoints have");
    return nullptr;
  }
  const ArgType* type = find_type(*name);
  if (!type && is_tetragon_type(*name))
    reading.not_yet(arg.type_span, "type: " + *name);
  else if (!type)
    reading.error("unknown-type", arg.type_span, "unknown argument type " + quoted(*name),
                  did_you_mean(*name, type_words(), "`burin list types` lists them"));
  return arg.resolve.empty() ? type : nullptr;  // the end of the path has a type of its own
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void ignored(Reading& reading, const YamlNode& value, std::string_view key, const std::string& why) {
  reading.warning("argument-ignored", reading.span(value), key_text(key) + " means nothing " + why, "remove it");
}

bool returns(HookKind kind) {
  return kind == HookKind::Kprobe || kind == HookKind::Fentry || kind == HookKind::Uprobe;
}

/// The fields that only buffers have.
void read_buffer_fields(Reading& reading, HookDraft& hook, ArgPlace place, ArgDraft& draft) {
  PolicyArg& arg = draft.arg;
  const std::string& type = arg.type;
  const std::string for_type = "for type " + type;
  if (draft.size_arg_index) {
    const auto index = reading.number(*draft.size_arg_index, "sizeArgIndex", kMaxSizeArgIndex);
    if (index && *index && !one_of(type, {"char_buf", "char_iovec", "const_buf", "auto"}))
      ignored(reading, *draft.size_arg_index, "sizeArgIndex", for_type);
    else if (index && *index)
      arg.size_arg_index = static_cast<std::uint32_t>(*index);
  }
  if (draft.return_copy && reading.boolean(*draft.return_copy, "returnCopy").value_or(false)) {
    if (!one_of(type, {"char_buf", "char_iovec"}))
      ignored(reading, *draft.return_copy, "returnCopy", for_type);
    else if (!returns(hook.hook.kind))
      reading.error(
          "no-return", reading.span(*draft.return_copy),
          "`returnCopy` reads at the return, which " + std::string(section_of(hook.hook.kind)) + " do not see");
    else
      arg.return_copy = true;
  }
  if (draft.max_data && reading.boolean(*draft.max_data, "maxData").value_or(false)) {
    if (!one_of(type, {"char_buf", "char_iovec", "iov_iter"}))
      ignored(reading, *draft.max_data, "maxData", for_type);
    else if (place == ArgPlace::Return)
      ignored(reading, *draft.max_data, "maxData", "in `returnArg`");
    else if (arg.return_copy)
      reading.error("wrong-value", reading.span(*draft.max_data), "`maxData` and `returnCopy` exclude each other",
                    "remove one of them");
    else
      arg.max_data = true;
  }
  // Tetragon's rule: a buffer that is read at the return makes the hook wait for it.
  if (arg.return_copy) hook.hook.at_return = true;
}

void read_source(Reading& reading, ArgPlace place, ArgDraft& draft) {
  if (place != ArgPlace::Data) {
    if (draft.source)
      reading.error("wrong-value", reading.span(*draft.source), "`source` is for entries of `data` only",
                    "move the entry to `data`");
    return;
  }
  if (!draft.source)
    return reading.error("missing-field", draft.arg.span, "an entry of `data` needs `source`",
                         "write source: current_task or source: pt_regs");
  const std::optional<std::string> word = reading.word(*draft.source, "source", source_words());
  if (!word) return;
  draft.arg.source = *word == "pt_regs" ? PolicyArg::Source::PtRegs : PolicyArg::Source::CurrentTask;
  if (draft.arg.source == PolicyArg::Source::PtRegs && draft.arg.resolve.empty())
    reading.error("missing-field", draft.arg.span, "`source: pt_regs` needs `resolve` to name the register",
                  "for instance resolve: ip");
}

/// False when the entry cannot be named by a filter.
bool read_arg(Reading& reading, const YamlNode& value, HookDraft& hook, ArgPlace place, ArgDraft& draft,
              const ArgType*& type) {
  draft.arg.span = reading.span(value);
  if (!read_fields<ArgDraft>(reading, value, entry_name(place), kArgFields, draft)) return false;
  bool named = true;
  if (draft.index) {
    const auto index = reading.number(*draft.index, "index", max_index(hook, place));
    named = index.has_value();
    draft.arg.index = static_cast<std::uint32_t>(index.value_or(0));
  } else if (place == ArgPlace::Args) {
    reading.error("missing-field", draft.arg.span, "an entry of `args` needs `index`");
    named = false;
  }
  read_source(reading, place, draft);
  type = read_type(reading, hook, place, draft);
  read_buffer_fields(reading, hook, place, draft);
  if (draft.btf_type && draft.arg.resolve.empty()) ignored(reading, *draft.btf_type, "btfType", "without `resolve`");
  if (draft.btf_type_module && !draft.btf_type)
    ignored(reading, *draft.btf_type_module, "btfTypeModule", "without `btfType`");
  return named;
}

DeclaredArgs read_arg_list(Reading& reading, const YamlNode& list, HookDraft& hook, ArgPlace place,
                           std::vector<PolicyArg>& out) {
  DeclaredArgs declared;
  declared.complete = list.kind == YamlNode::Kind::Sequence && list.items.size() <= kMaxArgs;
  read_list(reading, list, place == ArgPlace::Data ? "data" : "args", kMaxArgs, [&](const YamlNode& item) {
    ArgDraft draft;
    const ArgType* type = nullptr;
    if (!read_arg(reading, item, hook, place, draft, type)) {
      declared.complete = false;
      return;
    }
    declared.list.push_back({draft.arg.index, type});
    out.push_back(std::move(draft.arg));
  });
  return declared;
}

}  // namespace

DeclaredArgs read_args(Reading& reading, const YamlNode& list, HookDraft& draft) {
  return read_arg_list(reading, list, draft, ArgPlace::Args, draft.hook.args);
}

DeclaredArgs read_data(Reading& reading, const YamlNode& list, HookDraft& draft) {
  return read_arg_list(reading, list, draft, ArgPlace::Data, draft.hook.data);
}

DeclaredArg read_return_arg(Reading& reading, const YamlNode& value, HookDraft& draft) {
  ArgDraft arg;
  const ArgType* type = nullptr;
  read_arg(reading, value, draft, ArgPlace::Return, arg, type);
  draft.hook.return_arg = std::move(arg.arg);
  return {0, type};
}

const ObjectDoc& arg_object() {
  static const ObjectDoc doc =
      describe<ArgDraft>("arg", "One value that is captured: an entry of `args` or `data`, or `returnArg`", kArgFields);
  return doc;
}

}  // namespace burin
