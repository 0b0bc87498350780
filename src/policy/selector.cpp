// A selector's fields and the macros that may stand for some of them.
#include "policy/selector.h"

#include "policy/action.h"
#include "policy/filter.h"
#include "policy/process_filters.h"
#include "policy/workloads.h"

namespace burin {
namespace {

/// Macros that one selector may name.
constexpr std::size_t kMaxMacros = 16;
constexpr std::size_t kMaxSelectorLabel = 256;

struct SelectorDraft {
  Selector selector;
  const SelectorContext& context;
};

/// An empty filter list filters nothing: valid, and easily the rest of a deleted filter.
void warn_if_empty(Reading& reading, const Entry& entry) {
  if (entry.value.kind == YamlNode::Kind::Sequence && entry.value.items.empty())
    reading.warning("empty-field", reading.span(entry.value),
                    key_text(entry.key.text) + " lists nothing: it counts as not written");
}

template <class Filter>
using ReadFilter = std::optional<Filter> (*)(Reading&, const YamlNode&, std::string_view key, const SelectorContext&);

/// Reads a list of filters of one kind into a member of the selector.
template <class Filter, std::vector<Filter> Selector::*kMember, ReadFilter<Filter> kRead>
void read_filters(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  warn_if_empty(reading, entry);
  read_list(reading, entry.value, entry.key.text, kMaxFilters, [&](const YamlNode& item) {
    if (std::optional<Filter> filter = kRead(reading, item, entry.key.text, draft.context))
      (draft.selector.*kMember).push_back(std::move(*filter));
  });
}

void read_match_return_args(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  if (!draft.context.return_value && !draft.context.any_hook) {
    const bool can = draft.context.kind == HookKind::Kprobe || draft.context.kind == HookKind::Fentry ||
                     draft.context.kind == HookKind::Uprobe;
    return reading.error("no-return", reading.span(entry.key),
                         can ? "`matchReturnArgs` looks at the return value, which the hook does not capture"
                             : "`matchReturnArgs` looks at a return value, which " +
                                   std::string(section_of(draft.context.kind)) + " do not have",
                         can ? "add `return: true` and `returnArg`" : "remove it");
  }
  read_filters<ArgFilter, &Selector::match_return_args, read_return_filter>(reading, entry, draft);
}

void read_actions_of(Reading& reading, const Entry& entry, const SelectorContext& context, bool at_return,
                     std::vector<Action>& out) {
  warn_if_empty(reading, entry);
  read_list(reading, entry.value, entry.key.text, kMaxActions, [&](const YamlNode& item) {
    if (std::optional<Action> action = read_action(reading, item, entry.key.text, context, at_return))
      out.push_back(std::move(*action));
  });
}

void read_match_actions(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  read_actions_of(reading, entry, draft.context, false, draft.selector.actions);
}

void read_match_return_actions(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  if (!draft.context.at_return && !draft.context.any_hook)
    return reading.error("no-return", reading.span(entry.key),
                         "`matchReturnActions` act when the function returns, which the hook does not see",
                         "add `return: true` and `returnArg`, or use `matchActions`");
  read_actions_of(reading, entry, draft.context, true, draft.selector.return_actions);
}

void read_label(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  const std::optional<std::string> label = reading.text(entry);
  if (!label) return;
  if (label->size() > kMaxSelectorLabel)
    reading.error("wrong-length", reading.span(entry.value),
                  "a label has at most 256 bytes, this one has " + std::to_string(label->size()));
  else
    draft.selector.label = *label;
}

void read_match_workloads(Reading& reading, const Entry& entry, SelectorDraft& draft) {
  draft.selector.match_workloads = read_workload_filter(reading, entry.value, "`matchWorkloads`");
}

/// They were merged before the fields are read.
void macros_are_merged(Reading&, const Entry&, SelectorDraft&) {}

constexpr Field<SelectorDraft> kSelectorFields[] = {
    {"matchArgs", FieldStatus::Optional, form::objects(arg_filter_object),
     "filters on captured arguments; all must hold", read_filters<ArgFilter, &Selector::match_args, read_arg_filter>},
    {"matchData", FieldStatus::Optional, form::objects(arg_filter_object),
     "filters on the hook's `data`; all must hold", read_filters<ArgFilter, &Selector::match_data, read_data_filter>},
    {"matchReturnArgs", FieldStatus::Optional, form::objects(arg_filter_object),
     "filters on the return value; all must hold", read_match_return_args},
    {"matchBinaries", FieldStatus::Optional, form::objects(binary_filter_object),
     "which programs make the call; all must hold",
     read_filters<BinaryFilter, &Selector::match_binaries, read_binary_filter>},
    {"matchParentBinaries", FieldStatus::Optional, form::objects(binary_filter_object),
     "which programs the parent process runs; all must hold",
     read_filters<BinaryFilter, &Selector::match_parent_binaries, read_binary_filter>},
    {"matchPIDs", FieldStatus::Optional, form::objects(pid_filter_object), "which processes; all must hold",
     read_filters<PidFilter, &Selector::match_pids, read_pid_filter>},
    {"matchNamespaces", FieldStatus::Optional, form::objects(namespace_filter_object),
     "which namespaces the process is in; all must hold",
     read_filters<NamespaceFilter, &Selector::match_namespaces, read_namespace_filter>},
    {"matchNamespaceChanges", FieldStatus::Optional, form::objects(namespace_change_filter_object),
     "which namespaces differ from those at the exec; all must hold",
     read_filters<NamespaceChangeFilter, &Selector::match_namespace_changes, read_namespace_change_filter>},
    {"matchCapabilities", FieldStatus::Optional, form::objects(capability_filter_object),
     "which capabilities the process has; all must hold",
     read_filters<CapabilityFilter, &Selector::match_capabilities, read_capability_filter>},
    {"matchCapabilityChanges", FieldStatus::Optional, form::objects(capability_filter_object),
     "which capabilities differ from those at the exec; all must hold",
     read_filters<CapabilityFilter, &Selector::match_capability_changes, read_capability_filter>},
    {"matchWorkloads", FieldStatus::Optional, form::object(workload_filter_object),
     "which pods and containers the process is in", read_match_workloads},
    {"matchActions", FieldStatus::Optional, form::objects(action_object), "what happens then; at most 3; none: Post",
     read_match_actions},
    {"matchReturnActions", FieldStatus::Optional, form::objects(action_object),
     "what happens when the function returns; at most 3", read_match_return_actions},
    {"label", FieldStatus::Optional, form::text(), "a name for the selector in counters", read_label},
    // The last one: macros have all the others.
    {"macros", FieldStatus::Optional, form::texts(),
     "names from spec.selectorsMacros: their fields count as if they were written here", macros_are_merged},
};
constexpr std::span<const Field<SelectorDraft>> kMacroFields(kSelectorFields, std::size(kSelectorFields) - 1);

std::size_t nodes_in(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += nodes_in(item);
  for (const Entry& entry : node.entries) count += 1 + nodes_in(entry.value);
  return count;
}

const Entry* entry_of(const std::vector<const Entry*>& entries, std::string_view key) {
  for (const Entry* entry : entries)
    if (entry->key.text == key) return entry;
  return nullptr;
}

/// Adds the fields of one macro. A field that is there already is refused: which of the two would count?
void merge_macro(Reading& reading, const YamlNode& name, const SelectorContext& context,
                 std::vector<const Entry*>& entries) {
  const std::optional<std::string> word = reading.text(name, "macros");
  if (!word) return;
  const auto found = context.shared.macros.find(*word);
  if (found == context.shared.macros.end()) {
    std::vector<std::string> known;
    for (const auto& [macro, node] : context.shared.macros) known.push_back(macro);
    return reading.error("unknown-macro", reading.span(name),
                         "no macro " + quoted(*word) + " in `spec.selectorsMacros`",
                         did_you_mean(*word, known, known.empty() ? "the policy has no `selectorsMacros`" : ""));
  }
  context.shared.used_macros.insert(*word);
  const YamlNode& macro = *found->second;
  const std::size_t size = nodes_in(macro);
  if (size > reading.macro_budget)
    return reading.error("too-many-nodes", reading.span(name),
                         "with its macros written out the file has more than " + std::to_string(kMaxNodes) + " values",
                         "split the policy into several files");
  reading.macro_budget -= size;
  for (const Entry& entry : macro.entries) {
    if (entry.key.text == "macros") continue;  // reported where the macro is defined
    if (entry_of(entries, entry.key.text)) {
      reading.error("macro-conflict", reading.span(name),
                    "macro " + quoted(*word) + " has " + key_text(entry.key.text) + ", which the selector has already",
                    "write the field in one of the two places");
      continue;
    }
    entries.push_back(&entry);
  }
}

/// The selector's own entries, then those of its macros.
std::vector<const Entry*> entries_of(Reading& reading, const YamlNode& value, const SelectorContext& context) {
  std::vector<const Entry*> entries;
  for (const Entry& entry : value.entries) entries.push_back(&entry);
  const YamlNode* macros = value.find("macros");
  if (macros && macros->kind != YamlNode::Kind::Null)
    read_list(reading, *macros, "macros", kMaxMacros,
              [&](const YamlNode& name) { merge_macro(reading, name, context, entries); });
  return entries;
}

}  // namespace

std::vector<Selector> read_selectors(Reading& reading, const YamlNode& list, const SelectorContext& context) {
  std::vector<Selector> out;
  if (list.kind == YamlNode::Kind::Sequence && list.items.empty())
    reading.warning("empty-field", reading.span(list), "`selectors` lists nothing: every call is reported");
  read_list(reading, list, "selectors", kMaxSelectors, [&](const YamlNode& item) {
    if (item.kind != YamlNode::Kind::Mapping)
      return reading.error("wrong-type", reading.span(item),
                           "a selector must be a mapping, not " + std::string(kind_name(item.kind)));
    SelectorDraft draft{{}, context};
    draft.selector.span = reading.span(item);
    read_entries<SelectorDraft>(reading, entries_of(reading, item, context), draft.selector.span, "a selector",
                                kSelectorFields, draft);
    warn_about_contradictions(reading, draft.selector, context);
    out.push_back(std::move(draft.selector));
  });
  if (list.kind == YamlNode::Kind::Sequence) warn_about_shapes(reading, list, context.shared);
  return out;
}

void check_macro(Reading& reading, const YamlNode& value, SharedParts& shared) {
  const SelectorContext context{HookKind::Kprobe, {{}, false}, {{}, false}, {}, true, true, shared, true};
  SelectorDraft draft{{}, context};
  read_fields<SelectorDraft>(reading, value, "a macro", kMacroFields, draft);
}

const ObjectDoc& selector_object() {
  static const ObjectDoc doc = describe<SelectorDraft>(
      "selector", "Filters, all of which must hold, and the actions that then follow", kSelectorFields);
  return doc;
}

const ObjectDoc& macro_object() {
  static const ObjectDoc doc =
      describe<SelectorDraft>("macro", "Fields of a selector that several selectors share", kMacroFields);
  return doc;
}

}  // namespace burin
