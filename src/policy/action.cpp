// Actions: which arguments belong to which, and where each can be done.
#include "policy/action.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "policy/expand.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

/// Linux's largest error number and last signal.
constexpr std::int64_t kMaxErrno = 4095;
constexpr std::uint64_t kMaxSignal = 64;
constexpr std::size_t kMaxRateKeys = 8;
constexpr std::size_t kMaxRegisters = 16;
constexpr std::size_t kMaxTarget = 1024;

struct ActionDraft {
  Action action;
  const SelectorContext& context;
  const YamlNode* word = nullptr;
  const YamlNode* rate_limit = nullptr;
  const YamlNode* rate_scope = nullptr;
  const YamlNode* rate_keys = nullptr;
  const YamlNode* sock = nullptr;
  bool has_error = false, has_signal = false, has_registers = false, has_place = false;
  std::vector<const Entry*> arguments;  ///< all but `action`
};

std::vector<std::string> action_words() {
  std::vector<std::string> names;
  for (const ActionKind kind : all_actions()) names.emplace_back(to_string(kind));
  return names;
}

std::vector<std::string> scope_words() {
  return {"thread", "process", "global"};
}

template <const YamlNode* ActionDraft::*kMember>
void keep_argument(Reading&, const Entry& entry, ActionDraft& draft) {
  draft.*kMember = &entry.value;
  draft.arguments.push_back(&entry);
}

template <bool Action::*kMember>
void read_switch(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.action.*kMember = reading.boolean(entry).value_or(false);
  if (draft.action.*kMember) draft.arguments.push_back(&entry);
}

void read_error(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  draft.has_error = true;
  if (const auto value = reading.signed_number(entry.value, entry.key.text, -kMaxErrno, 0))
    draft.action.error = static_cast<std::int32_t>(*value);
}

void read_signal(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  draft.has_signal = true;
  if (const auto value = reading.number(entry.value, entry.key.text, kMaxSignal))
    draft.action.signal = static_cast<std::uint32_t>(*value);
}

void read_target(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  if (!reading.text(entry)) return;
  const std::optional<ExpandedText> text = expand(reading, entry.value);
  if (!text) return;
  if (text->text().empty() || text->text().size() > kMaxTarget)
    return reading.error(
        "wrong-length", reading.span(entry.value),
        key_text(entry.key.text) + " has 1 to 1024 bytes, this one has " + std::to_string(text->text().size()));
  draft.action.target = text->text();
}

template <std::uint32_t Action::*kMember>
void read_u32(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  if (const auto value = reading.number(entry.value, entry.key.text, std::numeric_limits<std::uint32_t>::max()))
    draft.action.*kMember = static_cast<std::uint32_t>(*value);
}

template <std::optional<std::uint64_t> Action::*kMember>
void read_place(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  draft.has_place = true;
  if (const auto value = reading.number(entry.value, entry.key.text, std::numeric_limits<std::uint64_t>::max()))
    draft.action.*kMember = *value;
}

void read_new_symbol(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  draft.has_place = true;
  draft.action.new_symbol = reading.text(entry).value_or("");
}

void read_registers(Reading& reading, const Entry& entry, ActionDraft& draft) {
  draft.arguments.push_back(&entry);
  draft.has_registers = true;
  read_list(reading, entry.value, entry.key.text, kMaxRegisters, [&](const YamlNode& item) {
    if (std::optional<std::string> text = reading.text(item, entry.key.text))
      draft.action.registers.push_back(std::move(*text));
  });
}

constexpr std::uint64_t kU32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kU64 = std::numeric_limits<std::uint64_t>::max();

constexpr Field<ActionDraft> kActionFields[] = {
    {"action", FieldStatus::Required, form::word(action_words), "what to do", keep<ActionDraft, &ActionDraft::word>},
    {"argError", FieldStatus::Optional, form::integer(-kMaxErrno, 0).by_default("0"),
     "Override, NotifyEnforcer: what the call returns, 0 or a negative error number", read_error},
    {"argSig", FieldStatus::Optional, form::integer(0, kMaxSignal), "Signal, NotifyEnforcer: the signal's number",
     read_signal},
    {"argSock", FieldStatus::Optional, form::integer(0, kMaxFieldIndex).by_default("0"),
     "TrackSock, UntrackSock: the argument that is the sock, named as in matchArgs", keep_argument<&ActionDraft::sock>},
    {"argUrl", FieldStatus::Optional, form::text(), "GetUrl: the URL that is fetched", read_target},
    {"argFqdn", FieldStatus::Optional, form::text(), "DnsLookup: the name that is looked up", read_target},
    {"argIndex", FieldStatus::Optional, form::integer(0, kMaxArgs - 1).by_default("0"),
     "Set: position in `args` of the pointer that is written through", read_u32<&Action::set_index>},
    {"argValue", FieldStatus::Optional, form::integer(0, kU32).by_default("0"),
     "Set: the 32-bit number that is written", read_u32<&Action::set_value>},
    {"argRegs", FieldStatus::Optional, form::texts(), "Override of a uprobe: registers to set, like rax=0",
     read_registers},
    {"argNewSymbol", FieldStatus::Optional, form::text(), "Override of a uprobe: go on at this symbol",
     read_new_symbol},
    {"argNewAddr", FieldStatus::Optional, form::integer(0, kU64), "Override of a uprobe: go on at this address",
     read_place<&Action::new_address>},
    {"argNewOffset", FieldStatus::Optional, form::integer(0, kU64),
     "Override of a uprobe: go on at this offset in the file", read_place<&Action::new_offset>},
    {"rateLimit", FieldStatus::Optional, form::text(),
     "Post: send equal events once in this time: seconds, or a number with s, m or h",
     keep_argument<&ActionDraft::rate_limit>},
    {"rateLimitScope", FieldStatus::Optional, form::word(scope_words).by_default("thread"),
     "Post: events of whom are counted together", keep_argument<&ActionDraft::rate_scope>},
    {"rateLimitKeys", FieldStatus::Optional, form::texts(),
     "Post (burin's own): what makes events equal, like binary, arg0 or arg0.daddr; none: all arguments",
     keep_argument<&ActionDraft::rate_keys>},
    {"kernelStackTrace", FieldStatus::Optional, form::boolean("false"), "Post: with the kernel's call stack",
     read_switch<&Action::kernel_stack>},
    {"userStackTrace", FieldStatus::Optional, form::boolean("false"), "Post: with the program's call stack",
     read_switch<&Action::user_stack>},
    {"imaHash", FieldStatus::Optional, form::boolean("false"), "Post of an LSM hook: with the file's IMA hash",
     read_switch<&Action::ima_hash>},
};

bool takes(ActionKind kind, std::string_view argument) {
  const std::vector<std::string_view> names = action_arguments(kind);
  return std::find(names.begin(), names.end(), argument) != names.end();
}

std::optional<ActionKind> read_kind(Reading& reading, const YamlNode& value) {
  const std::optional<std::string> name = reading.text(value, "action");
  if (!name) return std::nullopt;
  if (const std::optional<ActionKind> kind = action_named(*name)) return kind;
  if (*name == "FollowFD" || *name == "UnfollowFD" || *name == "CopyFD") {
    reading.error("unknown-action", reading.span(value), "action " + *name + " is no longer part of the language",
                  "an argument of type fd has its file's path without it");
    return std::nullopt;
  }
  std::string all;
  for (const std::string& word : action_words()) all += (all.empty() ? "" : ", ") + word;
  reading.error("unknown-action", reading.span(value), "unknown action " + quoted(*name),
                did_you_mean(*name, action_words(), "actions are " + all));
  return std::nullopt;
}

/// "binary", "arg0", "arg0.daddr".
bool is_rate_key(std::string_view key, const DeclaredArgs& args) {
  if (key == "binary") return true;
  if (!key.starts_with("arg")) return false;
  key.remove_prefix(3);
  std::size_t position = 0;
  const auto [stop, problem] = std::from_chars(key.data(), key.data() + key.size(), position);
  if (problem != std::errc() || (args.complete && position >= args.list.size())) return false;
  key.remove_prefix(static_cast<std::size_t>(stop - key.data()));
  if (key.empty()) return true;
  constexpr std::string_view kParts[] = {".family", ".protocol", ".saddr", ".daddr", ".sport",
                                         ".dport",  ".addr",     ".port",  ".state"};
  return std::find(std::begin(kParts), std::end(kParts), key) != std::end(kParts);
}

void read_rate_keys(Reading& reading, const YamlNode& list, const SelectorContext& context, RateLimit& limit) {
  read_list(reading, list, "rateLimitKeys", kMaxRateKeys, [&](const YamlNode& item) {
    std::optional<std::string> key = reading.text(item, "rateLimitKeys");
    if (!key) return;
    if (is_rate_key(*key, context.args))
      limit.keys.push_back(std::move(*key));
    else
      reading.error("bad-value", reading.span(item), quoted(*key) + " is nothing that events can be told apart by",
                    "write binary, argN (position in `args`), or argN with .saddr .daddr .sport .dport .protocol "
                    ".family .addr .port .state");
  });
}

void read_rate_limit(Reading& reading, ActionDraft& draft) {
  if (!draft.rate_limit) {
    for (const YamlNode* extra : {draft.rate_scope, draft.rate_keys})
      if (extra)
        reading.warning("argument-ignored", reading.span(*extra), "this means nothing without `rateLimit`",
                        "add `rateLimit`, or remove it");
    return;
  }
  RateLimit limit;
  const std::optional<std::string> text = reading.text(*draft.rate_limit, "rateLimit");
  const std::optional<std::uint64_t> window = text ? rate_window_ns(*text) : std::nullopt;
  if (text && !window)
    reading.error("bad-value", reading.span(*draft.rate_limit), quoted(*text) + " is no time",
                  "write seconds, or a number with s, m or h: 30, 30s, 5m, 1h");
  limit.window_ns = window.value_or(1);
  if (draft.rate_scope) {
    const std::optional<std::string> word = reading.word(*draft.rate_scope, "rateLimitScope", scope_words());
    if (word && *word == "process") limit.scope = RateLimit::Scope::Process;
    if (word && *word == "global") limit.scope = RateLimit::Scope::Global;
  }
  if (draft.rate_keys) read_rate_keys(reading, *draft.rate_keys, draft.context, limit);
  if (limit.window_ns == 0)
    reading.warning("argument-ignored", reading.span(*draft.rate_limit), "a `rateLimit` of 0 limits nothing",
                    "remove it");
  else
    draft.action.rate_limit = std::move(limit);
}

/// `argSock` names an argument as `index` of matchArgs does: a function parameter, or a position for a tracepoint.
void find_sock(Reading& reading, ActionDraft& draft) {
  const SelectorContext& context = draft.context;
  const auto index = draft.sock ? reading.number(*draft.sock, "argSock", kMaxFieldIndex) : 0;
  if (!index || context.any_hook) return;
  const SourceSpan span = draft.sock ? reading.span(*draft.sock) : draft.action.span;
  const std::vector<DeclaredArg>& args = context.args.list;
  std::size_t at = 0;
  if (context.kind == HookKind::Tracepoint || context.kind == HookKind::RawTracepoint)
    at = *index;
  else
    while (at < args.size() && args[at].index != *index) ++at;
  if (at >= args.size()) {
    if (context.args.complete)
      reading.error("unknown-arg", span,
                    std::string(to_string(draft.action.kind)) + " names argument " + std::to_string(*index) +
                        ", which the hook does not capture",
                    "add it to `args` with type sock");
    return;
  }
  draft.action.sock_position = at;
  if (args[at].type && args[at].type->type_class != TypeClass::Socket)
    reading.error("operator-type", span,
                  std::string(to_string(draft.action.kind)) + " needs an argument of type sock, not " +
                      std::string(args[at].type->name));
}

/// Why the action cannot be done where it is written; empty: it can.
std::string misplaced(const ActionDraft& draft, bool at_return) {
  const HookKind kind = draft.context.kind;
  switch (draft.action.kind) {
    case ActionKind::Override:
      if (at_return) return "the call has already been done when it returns";
      if (kind == HookKind::Tracepoint || kind == HookKind::RawTracepoint || kind == HookKind::Usdt)
        return std::string(section_of(kind)) + " only tell that something happens";
      break;
    case ActionKind::Set:
      if (kind != HookKind::Usdt) return "only arguments of usdts can be written";
      if (at_return) return "usdts have no return";
      break;
    default: break;
  }
  return {};
}

bool has_argument(const ActionDraft& draft, std::string_view name) {
  return std::any_of(draft.arguments.begin(), draft.arguments.end(),
                     [&](const Entry* entry) { return entry->key.text == name; });
}

void check_requirements(Reading& reading, const ActionDraft& draft) {
  const auto needs = [&](std::string_view argument, std::string hint) {
    reading.error("missing-field", draft.action.span,
                  std::string(to_string(draft.action.kind)) + " needs " + key_text(argument), std::move(hint));
  };
  switch (draft.action.kind) {
    case ActionKind::Signal:
      if (!draft.has_signal || draft.action.signal == 0) needs("argSig", "for instance argSig: 15");
      break;
    case ActionKind::GetUrl:
      if (!has_argument(draft, "argUrl")) needs("argUrl", "for instance argUrl: http://example.org/");
      break;
    case ActionKind::DnsLookup:
      if (!has_argument(draft, "argFqdn")) needs("argFqdn", "for instance argFqdn: example.org");
      break;
    case ActionKind::NotifyEnforcer:
      if (!draft.context.shared.enforcers)
        reading.error("missing-field", draft.action.span, "NotifyEnforcer needs `spec.enforcers`",
                      "list there the calls that are to be stopped");
      if (!draft.has_error && !draft.has_signal) needs("argError", "or argSig: what the enforcer does");
      break;
    case ActionKind::CleanupEnforcerNotification:
      if (!draft.context.shared.enforcers)
        reading.error("missing-field", draft.action.span, "CleanupEnforcerNotification needs `spec.enforcers`");
      break;
    case ActionKind::Override:
      if (!draft.has_error && !draft.has_registers && !draft.has_place)
        reading.warning("override-success", draft.action.span,
                        "Override without `argError` makes the call return 0, as if it had succeeded",
                        "write argError: -1 (EPERM) to refuse it");
      break;
    default: break;
  }
}

void check_uprobe_arguments(Reading& reading, const ActionDraft& draft) {
  if (draft.context.kind == HookKind::Uprobe || draft.context.any_hook) return;
  for (const Entry* entry : draft.arguments)
    if (entry->key.text == "argRegs" || entry->key.text.starts_with("argNew"))
      reading.error("action-place", reading.span(entry->key), key_text(entry->key.text) + " is for uprobes only",
                    "use `argError`");
}

}  // namespace

std::optional<Action> read_action(Reading& reading, const YamlNode& value, std::string_view key,
                                  const SelectorContext& context, bool at_return) {
  ActionDraft draft{{}, context};
  const std::string object = "an entry of `" + std::string(key) + "`";
  if (!read_fields<ActionDraft>(reading, value, object, kActionFields, draft) || !draft.word) return std::nullopt;
  const std::optional<ActionKind> kind = read_kind(reading, *draft.word);
  if (!kind) return std::nullopt;
  draft.action.kind = *kind;
  draft.action.span = reading.span(*draft.word);
  for (const Entry* entry : draft.arguments)
    if (!takes(*kind, entry->key.text))
      reading.warning("argument-ignored", reading.span(entry->key),
                      key_text(entry->key.text) + " means nothing to " + std::string(to_string(*kind)), "remove it");
  if (const std::string why = context.any_hook ? std::string() : misplaced(draft, at_return); !why.empty()) {
    reading.error("action-place", draft.action.span, std::string(to_string(*kind)) + " cannot be done here: " + why);
    return std::nullopt;
  }
  check_requirements(reading, draft);
  if (*kind == ActionKind::Override) check_uprobe_arguments(reading, draft);
  if (*kind == ActionKind::Post) read_rate_limit(reading, draft);
  if (*kind == ActionKind::TrackSock || *kind == ActionKind::UntrackSock) find_sock(reading, draft);
  if (*kind == ActionKind::Post && draft.action.ima_hash && context.kind != HookKind::Lsm && !context.any_hook)
    reading.error("action-place", draft.action.span, "`imaHash` is for lsmhooks only",
                  "hook the same event under `lsmhooks`");
  if (*kind == ActionKind::Set && !context.any_hook && context.args.complete &&
      draft.action.set_index >= context.args.list.size())
    reading.error("unknown-arg", draft.action.span,
                  "Set writes through argument " + std::to_string(draft.action.set_index) + " of `args`, which has " +
                      std::to_string(context.args.list.size()));
  return std::move(draft.action);
}

const ObjectDoc& action_object() {
  static const ObjectDoc doc = describe<ActionDraft>("action", "One action and its arguments", kActionFields);
  return doc;
}

}  // namespace burin
