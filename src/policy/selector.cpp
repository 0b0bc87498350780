// A selector's fields, and warnings about selectors that are valid and surely not what was meant.
#include "policy/selector.h"

#include "policy/fields.h"
#include "policy/filter.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

struct SelectorDraft {
  Selector selector;
  const DeclaredArgs& args;
};

struct ActionDraft {
  const Node* action = nullptr;
};

constexpr Field<ActionDraft> kActionFields[] = {
    {"action", FieldStatus::Required, [](Reading&, const Node& value, ActionDraft& d) { d.action = &value; }},
    {"argError", FieldStatus::NotYet},
    {"argFqdn", FieldStatus::NotYet},
    {"argIndex", FieldStatus::NotYet},
    {"argNewAddr", FieldStatus::NotYet},
    {"argNewOffset", FieldStatus::NotYet},
    {"argNewSymbol", FieldStatus::NotYet},
    {"argRegs", FieldStatus::NotYet},
    {"argSig", FieldStatus::NotYet},
    {"argSock", FieldStatus::NotYet},
    {"argUrl", FieldStatus::NotYet},
    {"argValue", FieldStatus::NotYet},
    {"imaHash", FieldStatus::NotYetUnlessFalse},
    {"kernelStackTrace", FieldStatus::NotYetUnlessFalse},
    {"rateLimit", FieldStatus::NotYet},
    {"rateLimitScope", FieldStatus::NotYet},
    {"userStackTrace", FieldStatus::NotYetUnlessFalse},
};

/// Those of Tetragon's actions that are supported.
std::optional<ActionKind> supported_action(std::string_view name) {
  const std::optional<ActionKind> kind = action_named(name);
  if (kind == ActionKind::Post || kind == ActionKind::NoPost || kind == ActionKind::Sigkill) return kind;
  return std::nullopt;
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (std::string_view name : tetragon_actions()) names.emplace_back(name);
  return names;
}

void read_action(Reading& reading, const Node& value, SelectorDraft& draft) {
  // An action that we do not have explains its arguments too: one message is enough.
  if (const Node* word = value.find("action"); word && !supported_action(word->text) && is_tetragon_action(word->text))
    return reading.not_yet(reading.span(*word), "action: " + word->text);
  ActionDraft fields;
  if (!read_fields<ActionDraft>(reading, value, "an entry of `matchActions`", kActionFields, fields)) return;
  if (!fields.action) return;
  const std::optional<std::string> name = reading.text(*fields.action, "action");
  if (!name) return;
  if (const std::optional<ActionKind> kind = supported_action(*name)) {
    Action action;
    action.kind = *kind;
    action.span = reading.span(*fields.action);
    draft.selector.actions.push_back(std::move(action));
  } else {
    reading.error("unknown-action", reading.span(*fields.action), "unknown action " + quoted(*name),
                  did_you_mean(*name, action_names(), "actions are Post, NoPost and Sigkill"));
  }
}

/// An empty filter list filters nothing: valid, and easily the rest of a deleted filter.
void warn_if_empty(Reading& reading, const Node& value, std::string_view key) {
  if (value.kind == Node::Kind::Sequence && value.items.empty())
    reading.warning("empty-field", reading.span(value), key_text(key) + " lists nothing: it counts as not written");
}

void read_match_args(Reading& reading, const Node& value, SelectorDraft& draft) {
  warn_if_empty(reading, value, "matchArgs");
  read_list(reading, value, "matchArgs", kMaxFilters, [&](const Node& item) {
    if (std::optional<ArgFilter> filter = read_arg_filter(reading, item, draft.args))
      draft.selector.match_args.push_back(std::move(*filter));
  });
}

void read_match_binaries(Reading& reading, const Node& value, SelectorDraft& draft) {
  warn_if_empty(reading, value, "matchBinaries");
  read_list(reading, value, "matchBinaries", kMaxFilters, [&](const Node& item) {
    if (std::optional<BinaryFilter> filter = read_binary_filter(reading, item))
      draft.selector.match_binaries.push_back(std::move(*filter));
  });
}

void read_match_actions(Reading& reading, const Node& value, SelectorDraft& draft) {
  warn_if_empty(reading, value, "matchActions");
  read_list(reading, value, "matchActions", kMaxActions, [&](const Node& item) { read_action(reading, item, draft); });
}

constexpr Field<SelectorDraft> kSelectorFields[] = {
    {"matchArgs", FieldStatus::Optional, read_match_args},
    {"matchBinaries", FieldStatus::Optional, read_match_binaries},
    {"matchActions", FieldStatus::Optional, read_match_actions},
    {"label", FieldStatus::NotYet},
    {"macros", FieldStatus::NotYet},
    {"matchCapabilities", FieldStatus::NotYet},
    {"matchCapabilityChanges", FieldStatus::NotYet},
    {"matchData", FieldStatus::NotYet},
    {"matchNamespaceChanges", FieldStatus::NotYet},
    {"matchNamespaces", FieldStatus::NotYet},
    {"matchPIDs", FieldStatus::NotYet},
    {"matchParentBinaries", FieldStatus::NotYet},
    {"matchReturnActions", FieldStatus::NotYet},
    {"matchReturnArgs", FieldStatus::NotYet},
    {"matchWorkloads", FieldStatus::NotYet},
};

/// What a selector's text has, whether or not it could be read.
struct Shape {
  bool filters = false;
  bool actions = false;
};

Shape shape_of(const Node& selector) {
  Shape shape;
  for (const Entry& entry : selector.entries) {
    const bool actions = entry.key.text == "matchActions" || entry.key.text == "matchReturnActions";
    (actions ? shape.actions : shape.filters) = true;
  }
  return shape;
}

/// `- matchArgs: ...` followed by `- matchActions: ...` is two selectors: "matches: Post; everything else: the action".
void warn_about_shapes(Reading& reading, const Node& list) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Node& item = list.items[i];
    if (item.kind != Node::Kind::Mapping) continue;
    const Shape shape = shape_of(item);
    const Shape before = i > 0 ? shape_of(list.items[i - 1]) : Shape{};
    if (!shape.filters && shape.actions && before.filters && !before.actions) {
      reading.warning("stray-dash", reading.span(item.entries.front().key),
                      "this selector has actions but no filter: it takes every call that the one above does not match",
                      "remove the dash to make it part of the selector above");
    }
    if (!shape.filters && i + 1 < list.items.size()) {
      reading.warning("unreachable-selector", reading.span(list.items[i + 1]),
                      "the selector above has no filter and matches everything: this one is never reached",
                      "give the selector above a filter, or put it last");
    }
  }
}

}  // namespace

std::vector<Selector> read_selectors(Reading& reading, const Node& list, const DeclaredArgs& args) {
  std::vector<Selector> out;
  if (list.kind == Node::Kind::Sequence && list.items.empty())
    reading.warning("empty-field", reading.span(list), "`selectors` lists nothing: every call is reported");
  read_list(reading, list, "selectors", kMaxSelectors, [&](const Node& item) {
    SelectorDraft draft{{}, args};
    if (!read_fields<SelectorDraft>(reading, item, "a selector", kSelectorFields, draft)) return;
    draft.selector.span = reading.span(item);
    out.push_back(std::move(draft.selector));
  });
  if (list.kind == Node::Kind::Sequence) warn_about_shapes(reading, list);
  return out;
}

}  // namespace burin
