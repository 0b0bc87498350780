// The outermost object of a policy: apiVersion, kind, metadata, and the sections of spec.
#include <algorithm>

#include "policy/fields.h"
#include "policy/kprobe.h"
#include "policy/policy_reader.h"
#include "policy/source_text.h"
#include "policy/tree.h"

namespace burin {
namespace {

constexpr std::string_view kApiVersion = "cilium.io/v1alpha1";
/// Hooks of one policy: a bound on what one file makes the kernel load.
constexpr std::size_t kMaxHooks = 128;
/// A DNS-1123 subdomain has at most this many characters.
constexpr std::size_t kMaxName = 253;

struct PolicyDraft {
  Policy policy;
  const Node* spec = nullptr;
  bool is_policy = false;  ///< `kind` says so
  bool sections = false;   ///< spec has a section with hooks, supported or not
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

void read_api_version(Reading& reading, const Node& value, PolicyDraft&) {
  const std::optional<std::string> text = reading.text(value, "apiVersion");
  if (text && *text != kApiVersion)
    reading.error("wrong-value", reading.span(value), "unknown apiVersion " + quoted(*text),
                  "write " + std::string(kApiVersion));
}

void read_kind(Reading& reading, const Node& value, PolicyDraft& draft) {
  const std::optional<std::string> text = reading.text(value, "kind");
  if (!text) return;
  draft.is_policy = *text == "TracingPolicy" || *text == "TracingPolicyNamespaced";
  if (*text == "TracingPolicyNamespaced")
    reading.error(
        "namespaced-policy", reading.span(value),
        "a namespaced policy is for the pods of one namespace, and burin does not know pods yet: here it would "
        "apply to every process",
        "use kind TracingPolicy if that is what you want");
  else if (!draft.is_policy)
    reading.error("wrong-kind", reading.span(value), "kind " + quoted(*text) + " is not a policy",
                  "write TracingPolicy");
}

/// Labels, annotations and whatever else Kubernetes keeps there is not ours to judge.
void read_metadata(Reading& reading, const Node& value, PolicyDraft& draft) {
  if (!reading.container(value, "metadata", Node::Kind::Mapping)) return;
  for (const Entry& entry : value.entries) {
    if (entry.value.kind == Node::Kind::Null) continue;
    if (entry.key.text == "labels" || entry.key.text == "annotations")
      reading.container(entry.value, entry.key.text, Node::Kind::Mapping);
    if (entry.key.text == "namespace" && draft.policy.namespace_name.empty())
      draft.policy.namespace_name = reading.text(entry.value, "namespace").value_or("");
  }
  const Node* name = value.find("name");
  if (!name) return reading.error("missing-field", reading.span(value), "`metadata` needs `name`");
  const std::optional<std::string> text = reading.text(*name, "name");
  if (!text) return;
  draft.policy.name = *text;
  if (!is_dns_subdomain(*text))
    reading.error("bad-name", reading.span(*name), quoted(*text) + " cannot be the name of a policy",
                  "a name has lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit");
}

constexpr Field<PolicyDraft> kPolicyFields[] = {
    {"apiVersion", FieldStatus::Required, read_api_version},
    {"kind", FieldStatus::Required, read_kind},
    {"metadata", FieldStatus::Required, read_metadata},
    {"spec", FieldStatus::Required, [](Reading&, const Node& value, PolicyDraft& d) { d.spec = &value; }},
};

void read_kprobes(Reading& reading, const Node& value, PolicyDraft& draft) {
  draft.sections = value.kind != Node::Kind::Sequence || !value.items.empty();
  read_list(reading, value, "kprobes", kMaxHooks,
            [&](const Node& item) { draft.policy.hooks.push_back(read_kprobe(reading, item)); });
}

constexpr Field<PolicyDraft> kSpecFields[] = {
    {"kprobes", FieldStatus::Optional, read_kprobes},
    {"fentries", FieldStatus::NotYet},
    {"tracepoints", FieldStatus::NotYet},
    {"uprobes", FieldStatus::NotYet},
    {"usdts", FieldStatus::NotYet},
    {"lsmhooks", FieldStatus::NotYet},
    {"loader", FieldStatus::NotYetUnlessFalse},
    {"podSelector", FieldStatus::NotYet},
    {"containerSelector", FieldStatus::NotYet},
    {"hostSelector", FieldStatus::NotYet},
    {"nodeSelector", FieldStatus::NotYet},
    {"lists", FieldStatus::NotYet},
    {"enforcers", FieldStatus::NotYet},
    {"options", FieldStatus::NotYet},
    {"selectorsMacros", FieldStatus::NotYet},
};

/// The sections that would have hooks: a policy that uses one of them is refused for that, not for having no hooks.
bool has_other_section(const Node& spec) {
  constexpr std::string_view kSections[] = {"fentries", "tracepoints", "uprobes", "usdts", "lsmhooks", "loader"};
  return std::any_of(std::begin(kSections), std::end(kSections),
                     [&](std::string_view name) { return spec.find(name); });
}

void read_spec(Reading& reading, PolicyDraft& draft) {
  if (!read_fields<PolicyDraft>(reading, *draft.spec, "`spec`", kSpecFields, draft)) return;
  if (!draft.sections && !has_other_section(*draft.spec))
    reading.error("no-hooks", reading.span(*draft.spec), "the policy hooks nothing", "list a function under `kprobes`");
}

void check_namespace(Reading& reading, const Node& root, PolicyDraft& draft) {
  if (draft.policy.namespace_name.empty() || !draft.is_policy) return;
  const Node* kind = root.find("kind");
  const Node* metadata = root.find("metadata");
  if (kind->text == "TracingPolicyNamespaced") return;
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
  const std::optional<Node> root = parse_tree(source, diagnostics);
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

}  // namespace burin
