// The outermost object of a policy: apiVersion, kind, metadata, and the sections of spec.
#include <algorithm>

#include "policy/fields.h"
#include "policy/policy_reader.h"
#include "policy/selector.h"
#include "policy/shared_parts.h"
#include "policy/source_text.h"
#include "policy/tree.h"
#include "policy/workloads.h"

namespace burin {
namespace {

constexpr std::string_view kApiVersion = "cilium.io/v1alpha1";
/// Entries of each section: a bound on what one file makes the kernel load.
constexpr std::size_t kMaxHooks = 1024;
constexpr std::size_t kMaxMacros = 1024;
/// A DNS-1123 subdomain has at most this many characters.
constexpr std::size_t kMaxName = 253;

struct PolicyDraft {
  Policy policy;
  const YamlNode* spec = nullptr;
  bool is_policy = false;   ///< `kind` says so
  bool namespaced = false;  ///< kind TracingPolicyNamespaced
};

/// The sections of spec. Hooks are read last: they refer to the others.
struct SpecDraft {
  const YamlNode* kprobes = nullptr;
  const YamlNode* fentries = nullptr;
  const YamlNode* tracepoints = nullptr;
  const YamlNode* uprobes = nullptr;
  const YamlNode* usdts = nullptr;
  const YamlNode* lsm_hooks = nullptr;
  const YamlNode* loader = nullptr;
  const YamlNode* lists = nullptr;
  const YamlNode* enforcers = nullptr;
  const YamlNode* options = nullptr;
  const YamlNode* macros = nullptr;
  const YamlNode* node_selector = nullptr;
  WorkloadNodes workloads;
};

bool dns_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_dns_subdomain(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (dns_char(name[i])) continue;
    const bool inner = i > 0 && i + 1 < name.size();
    if (name[i] == '-' && inner && name[i - 1] != '.' && name[i + 1] != '.') continue;
    if (name[i] == '.' && inner && dns_char(name[i - 1]) && dns_char(name[i + 1])) continue;
    return false;
  }
  return true;
}

void read_api_version(Reading& reading, const Entry& entry, PolicyDraft&) {
  const std::optional<std::string> text = reading.text(entry);
  if (text && *text != kApiVersion)
    reading.error("wrong-value", reading.span(entry.value), "unknown apiVersion " + quoted(*text),
                  "write " + std::string(kApiVersion));
}

void read_kind(Reading& reading, const Entry& entry, PolicyDraft& draft) {
  const std::optional<std::string> text = reading.text(entry);
  if (!text) return;
  draft.namespaced = *text == "TracingPolicyNamespaced";
  draft.is_policy = *text == "TracingPolicy" || draft.namespaced;
  if (draft.namespaced)
    reading.error(
        "namespaced-policy", reading.span(entry.value),
        "a namespaced policy is for the pods of one namespace, and burin does not know pods: here it would apply to "
        "every process",
        "use kind TracingPolicy if that is what you want");
  else if (!draft.is_policy)
    reading.error("wrong-kind", reading.span(entry.value), "kind " + quoted(*text) + " is not a policy",
                  "write TracingPolicy");
}

/// Labels, annotations and whatever else Kubernetes keeps there is not ours to judge.
void read_metadata(Reading& reading, const Entry& metadata, PolicyDraft& draft) {
  const YamlNode& value = metadata.value;
  if (!reading.container(value, "metadata", YamlNode::Kind::Mapping)) return;
  for (const Entry& entry : value.entries) {
    if (entry.value.kind == YamlNode::Kind::Null) continue;
    if (entry.key.text == "labels" || entry.key.text == "annotations")
      reading.container(entry.value, entry.key.text, YamlNode::Kind::Mapping);
    if (entry.key.text == "namespace" && draft.policy.namespace_name.empty())
      draft.policy.namespace_name = reading.text(entry.value, "namespace").value_or("");
  }
  const YamlNode* name = value.find("name");
  if (!name) return reading.error("missing-field", reading.span(value), "`metadata` needs `name`");
  const std::optional<std::string> text = reading.text(*name, "name");
  if (!text) return;
  draft.policy.name = *text;
  if (!is_dns_subdomain(*text))
    reading.error("bad-name", reading.span(*name), quoted(*text) + " cannot be the name of a policy",
                  "a name has lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit");
}

struct MetadataDraft {};

constexpr Field<MetadataDraft> kMetadataFields[] = {
    {"name", FieldStatus::Required, form::text(), "the policy's name, a DNS-1123 subdomain", nullptr},
    {"namespace", FieldStatus::Optional, form::text(), "of kind TracingPolicyNamespaced: whose pods", nullptr},
    {"labels", FieldStatus::Optional, form::text_map(), "not looked at", nullptr},
    {"annotations", FieldStatus::Optional, form::text_map(), "not looked at", nullptr},
};

const ObjectDoc& metadata_object() {
  static const ObjectDoc doc = describe<MetadataDraft>(
      "metadata", "The policy's name; whatever else stands here is not looked at", kMetadataFields);
  return doc;
}

std::vector<std::string> api_version_words() {
  return {std::string(kApiVersion)};
}

std::vector<std::string> kind_words() {
  return {"TracingPolicy", "TracingPolicyNamespaced"};
}

const ObjectDoc& spec_object();

constexpr Field<PolicyDraft> kPolicyFields[] = {
    {"apiVersion", FieldStatus::Required, form::word(api_version_words), "version of the language", read_api_version},
    {"kind", FieldStatus::Required, form::word(kind_words),
     "TracingPolicy; the namespaced kind needs pods and is refused", read_kind},
    {"metadata", FieldStatus::Required, form::object(metadata_object), "the policy's name", read_metadata},
    {"spec", FieldStatus::Required, form::object(spec_object), "what is watched and what happens then",
     keep<PolicyDraft, &PolicyDraft::spec>},
};

template <const YamlNode* WorkloadNodes::*kMember>
void keep_workload(Reading&, const Entry& entry, SpecDraft& draft) {
  draft.workloads.*kMember = &entry.value;
}

constexpr Field<SpecDraft> kSpecFields[] = {
    {"kprobes", FieldStatus::Optional, form::objects(kprobe_object), "kernel functions and system calls",
     keep<SpecDraft, &SpecDraft::kprobes>},
    {"fentries", FieldStatus::Optional, form::objects(kprobe_object),
     "kernel functions, attached by their type information", keep<SpecDraft, &SpecDraft::fentries>},
    {"tracepoints", FieldStatus::Optional, form::objects(tracepoint_object), "the kernel's tracepoints",
     keep<SpecDraft, &SpecDraft::tracepoints>},
    {"uprobes", FieldStatus::Optional, form::objects(uprobe_object), "functions of programs and libraries",
     keep<SpecDraft, &SpecDraft::uprobes>},
    {"usdts", FieldStatus::Optional, form::objects(usdt_object), "probes that programs define",
     keep<SpecDraft, &SpecDraft::usdts>},
    {"lsmhooks", FieldStatus::Optional, form::objects(lsm_hook_object), "hooks of the kernel's security modules",
     keep<SpecDraft, &SpecDraft::lsm_hooks>},
    {"loader", FieldStatus::Optional, form::boolean("false"), "report files that are mapped as code",
     keep<SpecDraft, &SpecDraft::loader>},
    {"lists", FieldStatus::Optional, form::objects(list_object), "named lists of functions and system calls",
     keep<SpecDraft, &SpecDraft::lists>},
    {"enforcers", FieldStatus::Optional, form::objects(enforcer_object), "at most one: what NotifyEnforcer stops",
     keep<SpecDraft, &SpecDraft::enforcers>},
    {"options", FieldStatus::Optional, form::objects(option_object), "settings of the policy",
     keep<SpecDraft, &SpecDraft::options>},
    {"selectorsMacros", FieldStatus::Optional, form::object_map(macro_object), "named parts of selectors, for `macros`",
     keep<SpecDraft, &SpecDraft::macros>},
    {"podSelector", FieldStatus::Nullable, form::object(label_selector_object), "only processes of these pods",
     keep_workload<&WorkloadNodes::pods>},
    {"containerSelector", FieldStatus::Nullable, form::object(label_selector_object),
     "only processes of these containers", keep_workload<&WorkloadNodes::containers>},
    {"hostSelector", FieldStatus::Nullable, form::object(label_selector_object),
     "`{}`: processes outside of containers too", keep_workload<&WorkloadNodes::host>},
    {"nodeSelector", FieldStatus::Nullable, form::object(label_selector_object), "only on machines with these labels",
     keep<SpecDraft, &SpecDraft::node_selector>},
};

const ObjectDoc& spec_object() {
  static const ObjectDoc doc = describe<SpecDraft>("spec", "What is watched; sections may be combined", kSpecFields);
  return doc;
}

void collect_macros(Reading& reading, const YamlNode& value, SharedParts& shared) {
  if (!reading.container(value, "selectorsMacros", YamlNode::Kind::Mapping)) return;
  if (value.entries.size() > kMaxMacros)
    return reading.error("too-many", reading.span(value.entries[kMaxMacros].key),
                         "`selectorsMacros` has more than " + std::to_string(kMaxMacros) + " entries");
  for (const Entry& entry : value.entries) {
    if (entry.value.kind == YamlNode::Kind::Mapping)
      shared.macros.emplace(entry.key.text, &entry.value);
    else
      reading.error(
          "wrong-type", reading.span(entry.key),
          "macro " + quoted(entry.key.text) + " must be a mapping, not " + std::string(kind_name(entry.value.kind)));
  }
}

/// What no selector uses is read for its own sake.
void check_macros(Reading& reading, const YamlNode& value, SharedParts& shared) {
  for (const Entry& entry : value.entries) {
    if (entry.value.kind != YamlNode::Kind::Mapping) continue;
    if (const YamlNode* nested = entry.value.find("macros"))
      reading.error("macro-conflict", reading.span(*nested), "a macro cannot use other macros",
                    "name all of them in the selector");
    if (shared.used_macros.count(entry.key.text)) continue;
    reading.warning("unused-macro", reading.span(entry.key), "no selector uses macro " + quoted(entry.key.text));
    check_macro(reading, entry.value, shared);
  }
}

struct Section {
  std::string_view key;
  const YamlNode* value;
  Hook (*read)(Reading&, const YamlNode&, SharedParts&);
};

/// True when some section lists a hook, readable or not.
bool read_hooks(Reading& reading, const SpecDraft& spec, SharedParts& shared, Policy& policy) {
  const Section sections[] = {
      {"kprobes", spec.kprobes, read_kprobe},
      {"fentries", spec.fentries, read_fentry},
      {"tracepoints", spec.tracepoints, read_tracepoint},
      {"uprobes", spec.uprobes, read_uprobe},
      {"usdts", spec.usdts, read_usdt},
      {"lsmhooks", spec.lsm_hooks, read_lsm_hook},
  };
  bool any = false;
  for (const Section& section : sections) {
    if (!section.value) continue;
    any = any || section.value->kind != YamlNode::Kind::Sequence || !section.value->items.empty();
    read_list(reading, *section.value, section.key, kMaxHooks,
              [&](const YamlNode& item) { policy.hooks.push_back(section.read(reading, item, shared)); });
  }
  return any;
}

/// A policy for some workloads would apply to all: refused, unless its selectors leave nobody out.
void check_workloads(Reading& reading, const SpecDraft& spec, const PolicyDraft& draft) {
  const WorkloadNodes& nodes = spec.workloads;
  const auto place = [&] {
    for (const YamlNode* node : {nodes.pods, nodes.containers, nodes.host})
      if (node && node->kind != YamlNode::Kind::Null) return reading.span(*node);
    return SourceSpan{};
  };
  const std::optional<WorkloadFilter> filter = combine_workloads(reading, nodes, place());
  if (draft.namespaced && nodes.host && nodes.host->kind != YamlNode::Kind::Null)
    reading.error("wrong-value", reading.span(*nodes.host), "a namespaced policy has no `hostSelector`", "remove it");
  if (filter && !draft.namespaced) {
    const bool hosts_only = filter->host && !filter->pods && !filter->containers;
    reading.error("workload-policy", filter->span,
                  hosts_only ? "`hostSelector` alone means processes outside of containers, and burin does not know "
                               "containers: here the policy would apply to every process"
                             : "the policy is for some pods or containers only, and burin does not know them: here it "
                               "would apply to every process",
                  "remove podSelector, containerSelector and hostSelector if that is what you want");
  }
  if (!spec.node_selector || spec.node_selector->kind == YamlNode::Kind::Null) return;
  if (!read_label_selector(reading, *spec.node_selector, "nodeSelector").empty())
    reading.error("workload-policy", reading.span(*spec.node_selector),
                  "the policy is for machines with certain labels, and burin does not know this machine's",
                  "remove `nodeSelector` to use the policy here");
}

void read_spec(Reading& reading, PolicyDraft& draft) {
  SpecDraft spec;
  if (!read_fields<SpecDraft>(reading, *draft.spec, "`spec`", kSpecFields, spec)) return;
  SharedParts shared;
  if (spec.lists) read_lists(reading, *spec.lists, shared);
  if (spec.macros) collect_macros(reading, *spec.macros, shared);
  if (spec.enforcers) draft.policy.enforcers = read_enforcers(reading, *spec.enforcers, shared);
  if (spec.options) draft.policy.options = read_options(reading, *spec.options);
  if (spec.loader) {
    draft.policy.loader = reading.boolean(*spec.loader, "loader").value_or(false);
    draft.policy.loader_span = reading.span(*spec.loader);
  }
  const bool hooks = read_hooks(reading, spec, shared, draft.policy);
  if (!hooks && !draft.policy.loader)
    reading.error("no-hooks", reading.span(*draft.spec), "the policy hooks nothing",
                  "list what to watch under `kprobes`, `tracepoints`, `uprobes`, `usdts`, `lsmhooks` or `fentries`");
  if (spec.macros) check_macros(reading, *spec.macros, shared);
  check_workloads(reading, spec, draft);
  draft.policy.lists = std::move(shared.lists);
}

void check_namespace(Reading& reading, const YamlNode& root, PolicyDraft& draft) {
  if (draft.policy.namespace_name.empty() || !draft.is_policy) return;
  const YamlNode* metadata = root.find("metadata");
  if (draft.namespaced) return;
  reading.warning("namespace-ignored", reading.span(*metadata->find("namespace")),
                  "kind TracingPolicy applies to the whole host: `namespace` has no meaning here", "remove it");
  draft.policy.namespace_name.clear();
}

}  // namespace

Policy read_policy(const std::string& file, std::string_view text, const VariableLookup& variables,
                   Diagnostics& diagnostics) {
  PolicyDraft draft;
  draft.policy.file = file;
  const SourceText source(file, text);
  if (!source.check(diagnostics)) return std::move(draft.policy);
  const std::optional<YamlNode> root = parse_tree(source, diagnostics);
  if (!root) return std::move(draft.policy);
  Reading reading(source, variables, diagnostics);
  if (read_fields<PolicyDraft>(reading, *root, "a policy", kPolicyFields, draft)) {
    check_namespace(reading, *root, draft);
    // What is no policy at all is not measured by our tables.
    if (draft.spec && (draft.is_policy || !root->find("kind"))) read_spec(reading, draft);
  }
  diagnostics.sort();
  return std::move(draft.policy);
}

const ObjectDoc& policy_object() {
  static const ObjectDoc doc = describe<PolicyDraft>("policy", "A TracingPolicy", kPolicyFields);
  return doc;
}

}  // namespace burin
