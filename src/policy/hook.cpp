// The parts that hooks of every section have.
#include "policy/hook.h"

#include <algorithm>

#include "policy/expand.h"
#include "policy/selector.h"

namespace burin {
namespace {

/// Limits of the event's texts, as in Tetragon.
constexpr std::size_t kMinMessage = 2, kMaxMessage = 256;
constexpr std::size_t kMaxTags = 16, kMinTag = 2, kMaxTag = 128;

bool symbol_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

void read_return_arg_action(Reading& reading, HookDraft& draft, const DeclaredArg& returned) {
  const std::optional<std::string> name =
      reading.word(*draft.return_arg_action, "returnArgAction", {"TrackSock", "UntrackSock"});
  if (!name) return;
  const SourceSpan span = reading.span(*draft.return_arg_action);
  if (!draft.hook.return_arg)
    return reading.error("missing-field", span, "`returnArgAction` needs `returnArg`",
                         "add `return: true` and a `returnArg` of type sock");
  if (returned.type && returned.type->type_class != TypeClass::Socket)
    return reading.error("operator-type", span,
                         *name + " needs a return value of type sock, not " + std::string(returned.type->name));
  draft.hook.return_arg_action = action_named(*name);
}

/// `return: true` says that there is a return value to show; without it the other two mean nothing.
DeclaredArg read_return(Reading& reading, HookDraft& draft) {
  DeclaredArg returned;
  if (draft.return_arg) {
    returned = read_return_arg(reading, *draft.return_arg, draft);
    if (!draft.returns) {
      reading.warning("argument-ignored", reading.span(*draft.return_arg),
                      "`returnArg` means nothing without `return: true`", "add `return: true`, or remove it");
      draft.hook.return_arg.reset();
    }
  } else if (draft.returns) {
    reading.error("missing-field", draft.hook.span, "`return: true` needs `returnArg`",
                  "say what is returned, for instance `returnArg: {index: 0, type: int}`");
  }
  draft.hook.at_return = draft.hook.at_return || draft.returns;
  if (draft.return_arg_action) read_return_arg_action(reading, draft, returned);
  return returned;
}

}  // namespace

bool is_symbol(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSymbol && !(name[0] >= '0' && name[0] <= '9') && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), symbol_char);
}

std::string_view section_of(HookKind kind) {
  switch (kind) {
    case HookKind::Kprobe: return "kprobes";
    case HookKind::Fentry: return "fentries";
    case HookKind::Tracepoint:
    case HookKind::RawTracepoint: return "tracepoints";
    case HookKind::Uprobe: return "uprobes";
    case HookKind::Usdt: return "usdts";
    case HookKind::Lsm: return "lsmhooks";
  }
  return "hooks";
}

const SymbolList* find_list(Reading& reading, std::string_view call, const SourceSpan& span,
                            const SharedParts& shared) {
  const std::string_view name = call.substr(std::string_view("list:").size());
  if (const SymbolList* list = shared.list(name)) return list;
  if (shared.wrong_lists.count(std::string(name))) return nullptr;
  std::vector<std::string> known;
  for (const SymbolList& list : shared.lists) known.push_back(list.name);
  reading.error("unknown-list", span, "no list " + quoted(name) + " in `spec.lists`",
                did_you_mean(name, known, known.empty() ? "the policy has no `lists`" : ""));
  return nullptr;
}

void read_message(Reading& reading, const Entry& entry, HookDraft& draft) {
  if (!reading.text(entry)) return;
  const std::optional<ExpandedText> text = expand(reading, entry.value);
  if (!text) return;
  std::string message = text->text();
  if (message.size() < kMinMessage) {
    reading.error("wrong-length", reading.span(entry.value), "`message` has fewer than 2 bytes");
  } else if (message.size() > kMaxMessage) {
    reading.warning("message-cut", reading.span(entry.value),
                    "`message` has " + std::to_string(message.size()) + " bytes: events carry the first 256");
    std::size_t end = kMaxMessage;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;  // not inside a character
    message.resize(end);
  }
  draft.hook.message = std::move(message);
}

void read_tags(Reading& reading, const Entry& entry, HookDraft& draft) {
  read_list(reading, entry.value, "tags", kMaxTags, [&](const YamlNode& item) {
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

void finish_hook(Reading& reading, HookDraft& draft) {
  SelectorContext context{draft.hook.kind, {}, {}, {}, false, false, draft.shared};
  if (draft.args) context.args = read_args(reading, *draft.args, draft);
  if (draft.data) context.data = read_data(reading, *draft.data, draft);
  context.returned = read_return(reading, draft);
  context.return_value = draft.hook.return_arg.has_value();
  context.at_return = draft.hook.at_return;
  if (draft.selectors) draft.hook.selectors = read_selectors(reading, *draft.selectors, context);
}

}  // namespace burin
