// matchPIDs, matchNamespaces, matchNamespaceChanges, matchCapabilities and matchCapabilityChanges entries.
#include "policy/process_filters.h"

#include <charconv>
#include <limits>

#include "policy/values.h"

namespace burin {
namespace {

std::vector<std::string> in_words() {
  return {"In", "NotIn"};
}

std::vector<std::string> namespace_words() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kNamespaceKinds; ++i) out.emplace_back(to_string(static_cast<NamespaceKind>(i)));
  return out;
}

std::vector<std::string> set_words() {
  return {"Effective", "Inheritable", "Permitted"};
}

std::vector<std::string> capability_words() {
  std::vector<std::string> out;
  for (const std::string_view name : capability_table()) out.emplace_back(name);
  return out;
}

struct PidDraft {
  PidFilter filter;
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
};

struct NamespaceDraft {
  const YamlNode* ns = nullptr;
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
};

struct CapabilityDraft {
  const YamlNode* set = nullptr;
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
  bool namespaced = false;
};

constexpr Field<PidDraft> kPidFields[] = {
    {"operator", FieldStatus::Required, form::word(in_words), "In or NotIn", keep<PidDraft, &PidDraft::op>},
    {"values", FieldStatus::Required, form::texts(), "process ids (of thread groups)",
     keep<PidDraft, &PidDraft::values>},
    {"isNamespacePID", FieldStatus::Optional, form::boolean("false"),
     "the ids are those that the process's own pid namespace gives",
     [](Reading& reading, const Entry& entry, PidDraft& d) {
       d.filter.namespace_pid = reading.boolean(entry).value_or(false);
     }},
    {"followForks", FieldStatus::Optional, form::boolean("false"), "descendants of such a process count as it",
     [](Reading& reading, const Entry& entry, PidDraft& d) {
       d.filter.follow_forks = reading.boolean(entry).value_or(false);
     }},
};

constexpr Field<NamespaceDraft> kNamespaceFields[] = {
    {"namespace", FieldStatus::Required, form::word(namespace_words), "which namespace",
     keep<NamespaceDraft, &NamespaceDraft::ns>},
    {"operator", FieldStatus::Required, form::word(in_words), "In or NotIn", keep<NamespaceDraft, &NamespaceDraft::op>},
    {"values", FieldStatus::Required, form::texts(), "inode numbers as in /proc/PID/ns, or host_ns for the host's",
     keep<NamespaceDraft, &NamespaceDraft::values>},
};

constexpr Field<NamespaceDraft> kNamespaceChangeFields[] = {
    {"operator", FieldStatus::Required, form::word(in_words), "In: one of them differs; NotIn: none does",
     keep<NamespaceDraft, &NamespaceDraft::op>},
    {"values", FieldStatus::Required, form::words(namespace_words), "namespaces",
     keep<NamespaceDraft, &NamespaceDraft::values>},
};

constexpr Field<CapabilityDraft> kCapabilityFields[] = {
    {"type", FieldStatus::Optional, form::word(set_words).by_default("Effective"), "which set of capabilities",
     keep<CapabilityDraft, &CapabilityDraft::set>},
    {"operator", FieldStatus::Required, form::word(in_words), "In: one of them; NotIn: none of them",
     keep<CapabilityDraft, &CapabilityDraft::op>},
    {"isNamespaceCapability", FieldStatus::Optional, form::boolean("false"),
     "only processes in a user namespace other than the host's",
     read_boolean<CapabilityDraft, &CapabilityDraft::namespaced>},
    {"values", FieldStatus::Required, form::words(capability_words), "capabilities, like CAP_SYS_ADMIN",
     keep<CapabilityDraft, &CapabilityDraft::values>},
};

std::string entry_of(std::string_view key) {
  return "an entry of `" + std::string(key) + "`";
}

/// True for NotIn; nothing when it is neither, which is reported.
std::optional<bool> read_negated(Reading& reading, const YamlNode* op) {
  if (!op) return std::nullopt;
  const std::optional<std::string> word = reading.text(*op, "operator");
  if (!word) return std::nullopt;
  if (*word == "In" || *word == "NotIn") return *word == "NotIn";
  reading.error("unknown-operator", reading.span(*op), "unknown operator " + quoted(*word) + " here",
                "write In or NotIn");
  return std::nullopt;
}

std::optional<std::uint32_t> to_u32(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint32_t out = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), out, hex ? 16 : 10);
  if (text.empty() || problem != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return out;
}

/// The values, unless the list or one of them was reported.
std::optional<std::vector<Located<std::string>>> list_of(Reading& reading, const YamlNode* values) {
  if (!values) return std::nullopt;
  ReadValues read = read_values(reading, *values, ElementForm::List);
  if (!read.complete) return std::nullopt;
  return std::move(read.values);
}

}  // namespace

std::optional<PidFilter> read_pid_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                         const SelectorContext&) {
  PidDraft draft;
  if (!read_fields<PidDraft>(reading, value, entry_of(key), kPidFields, draft)) return std::nullopt;
  draft.filter.span = reading.span(value);
  const std::optional<bool> negated = read_negated(reading, draft.op);
  const auto values = list_of(reading, draft.values);
  if (!values || !negated) return std::nullopt;
  draft.filter.negated = *negated;
  for (const Located<std::string>& pid : *values) {
    if (const std::optional<std::uint32_t> number = to_u32(pid.value))
      draft.filter.pids.push_back(*number);
    else
      reading.error("bad-value", pid.span, quoted(pid.value) + " is not a process id");
  }
  if (draft.filter.pids.size() != values->size()) return std::nullopt;
  return std::move(draft.filter);
}

std::optional<NamespaceFilter> read_namespace_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                                     const SelectorContext&) {
  NamespaceDraft draft;
  if (!read_fields<NamespaceDraft>(reading, value, entry_of(key), kNamespaceFields, draft)) return std::nullopt;
  NamespaceFilter filter;
  filter.span = reading.span(value);
  const std::optional<std::string> ns =
      draft.ns ? reading.word(*draft.ns, "namespace", namespace_words()) : std::nullopt;
  const std::optional<bool> negated = read_negated(reading, draft.op);
  const auto values = list_of(reading, draft.values);
  const std::optional<NamespaceKind> kind = ns ? namespace_named(*ns) : std::nullopt;
  if (!values || !negated || !kind) return std::nullopt;
  filter.ns = *kind;
  filter.negated = *negated;
  for (const Located<std::string>& text : *values) {
    if (text.value == "host_ns")
      filter.host = true;
    else if (const std::optional<std::uint32_t> inode = to_u32(text.value))
      filter.inums.push_back(*inode);
    else
      reading.error("bad-value", text.span, quoted(text.value) + " is not a namespace",
                    did_you_mean(text.value, {"host_ns"}, "write the inode number (`ls -l /proc/PID/ns`) or host_ns"));
  }
  if (filter.inums.empty() && !filter.host) return std::nullopt;
  return filter;
}

std::optional<NamespaceChangeFilter> read_namespace_change_filter(Reading& reading, const YamlNode& value,
                                                                  std::string_view key, const SelectorContext&) {
  NamespaceDraft draft;
  if (!read_fields<NamespaceDraft>(reading, value, entry_of(key), kNamespaceChangeFields, draft)) return std::nullopt;
  NamespaceChangeFilter filter;
  filter.span = reading.span(value);
  const std::optional<bool> negated = read_negated(reading, draft.op);
  const auto values = list_of(reading, draft.values);
  if (!values || !negated) return std::nullopt;
  filter.negated = *negated;
  for (const Located<std::string>& text : *values) {
    if (const std::optional<NamespaceKind> kind = namespace_named(text.value))
      filter.kinds.push_back(*kind);
    else
      reading.error(
          "bad-value", text.span, quoted(text.value) + " is not a namespace",
          did_you_mean(text.value, namespace_words(),
                       "namespaces are Uts, Ipc, Mnt, Pid, PidForChildren, Net, Time, TimeForChildren, Cgroup "
                       "and User"));
  }
  return filter;
}

std::optional<CapabilityFilter> read_capability_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                                       const SelectorContext&) {
  CapabilityDraft draft;
  if (!read_fields<CapabilityDraft>(reading, value, entry_of(key), kCapabilityFields, draft)) return std::nullopt;
  CapabilityFilter filter;
  filter.span = reading.span(value);
  filter.namespaced = draft.namespaced;
  if (draft.set) {
    const std::optional<std::string> word = reading.word(*draft.set, "type", set_words());
    for (const CapabilitySet set : {CapabilitySet::Effective, CapabilitySet::Inheritable, CapabilitySet::Permitted})
      if (word && *word == to_string(set)) filter.set = set;
  }
  const std::optional<bool> negated = read_negated(reading, draft.op);
  const auto values = list_of(reading, draft.values);
  if (!values || !negated) return std::nullopt;
  filter.negated = *negated;
  for (const Located<std::string>& text : *values) {
    if (const std::optional<unsigned> bit = capability_named(text.value))
      filter.mask |= std::uint64_t{1} << *bit;
    else
      reading.error("bad-value", text.span, quoted(text.value) + " is not a capability",
                    capability_named("CAP_" + text.value)
                        ? "write CAP_" + text.value
                        : did_you_mean(text.value, capability_words(), "`man 7 capabilities` lists them"));
  }
  return filter;
}

const ObjectDoc& pid_filter_object() {
  static const ObjectDoc doc = describe<PidDraft>("pids", "A filter on the process: an entry of matchPIDs", kPidFields);
  return doc;
}

const ObjectDoc& namespace_filter_object() {
  static const ObjectDoc doc = describe<NamespaceDraft>(
      "namespaces", "A filter on a namespace of the process: an entry of matchNamespaces", kNamespaceFields);
  return doc;
}

const ObjectDoc& namespace_change_filter_object() {
  static const ObjectDoc doc = describe<NamespaceDraft>(
      "namespacechanges", "A filter on namespaces that the process has changed: an entry of matchNamespaceChanges",
      kNamespaceChangeFields);
  return doc;
}

const ObjectDoc& capability_filter_object() {
  static const ObjectDoc doc = describe<CapabilityDraft>(
      "capabilities", "A filter on capabilities: an entry of matchCapabilities or matchCapabilityChanges",
      kCapabilityFields);
  return doc;
}

}  // namespace burin
