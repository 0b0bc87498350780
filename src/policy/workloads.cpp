// Kubernetes label selectors. Nothing here asks which pods exist.
#include "policy/workloads.h"

#include <algorithm>

namespace burin {
namespace {

constexpr std::size_t kMaxRequirements = 64;
constexpr std::size_t kMaxRequirementValues = 256;

std::vector<std::string> requirement_words() {
  return {"In", "NotIn", "Exists", "DoesNotExist"};
}

struct LabelDraft {
  std::vector<LabelRequirement> requirements;
};

struct RequirementDraft {
  LabelRequirement requirement;
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
};

constexpr Field<RequirementDraft> kRequirementFields[] = {
    {"key", FieldStatus::Required, form::text(), "the label's name",
     [](Reading& reading, const Entry& entry, RequirementDraft& d) {
       d.requirement.key = reading.text(entry).value_or("");
       if (entry.value.kind == YamlNode::Kind::Scalar && d.requirement.key.empty())
         reading.error("wrong-length", reading.span(entry.value), "the name of a label cannot be empty");
     }},
    {"operator", FieldStatus::Required, form::word(requirement_words), "how it is compared",
     keep<RequirementDraft, &RequirementDraft::op>},
    {"values", FieldStatus::Optional, form::texts(), "In, NotIn: what it is compared with",
     keep<RequirementDraft, &RequirementDraft::values>},
};

void read_requirement(Reading& reading, const YamlNode& value, std::vector<LabelRequirement>& out) {
  RequirementDraft draft;
  if (!read_fields<RequirementDraft>(reading, value, "an entry of `matchExpressions`", kRequirementFields, draft) ||
      !draft.op)
    return;
  const std::optional<std::string> op = reading.word(*draft.op, "operator", requirement_words());
  if (!op) return;
  draft.requirement.op = *op;
  if (draft.values)
    read_list(reading, *draft.values, "values", kMaxRequirementValues, [&](const YamlNode& item) {
      if (std::optional<std::string> text = reading.text(item, "values"))
        draft.requirement.values.push_back(std::move(*text));
    });
  const bool wants = *op == "In" || *op == "NotIn";
  const bool has = draft.values && !draft.values->items.empty();
  if (wants && !has)
    reading.error("empty-values", reading.span(value), *op + " needs `values`");
  else if (!wants && has)
    reading.error("wrong-value", reading.span(*draft.values), *op + " takes no values", "remove `values`");
  else
    out.push_back(std::move(draft.requirement));
}

const ObjectDoc& requirement_object() {
  static const ObjectDoc doc =
      describe<RequirementDraft>("requirement", "One condition on a label", kRequirementFields);
  return doc;
}

void read_match_labels(Reading& reading, const Entry& entry, LabelDraft& draft) {
  const YamlNode* labels = reading.container(entry.value, entry.key.text, YamlNode::Kind::Mapping);
  if (!labels) return;
  for (const Entry& label : labels->entries)
    if (const std::optional<std::string> value = reading.text(label))
      draft.requirements.push_back({label.key.text, "In", {*value}});
}

constexpr Field<LabelDraft> kLabelFields[] = {
    {"matchLabels", FieldStatus::Optional, form::text_map(), "labels and the values that they must have",
     read_match_labels},
    {"matchExpressions", FieldStatus::Optional, form::objects(requirement_object), "conditions, all of which must hold",
     [](Reading& reading, const Entry& entry, LabelDraft& d) {
       read_list(reading, entry.value, entry.key.text, kMaxRequirements,
                 [&](const YamlNode& item) { read_requirement(reading, item, d.requirements); });
     }},
};

constexpr Field<WorkloadNodes> kWorkloadFields[] = {
    {"podSelector", FieldStatus::Nullable, form::object(label_selector_object), "labels of the process's pod",
     keep<WorkloadNodes, &WorkloadNodes::pods>},
    {"containerSelector", FieldStatus::Nullable, form::object(label_selector_object),
     "`name` and `repo` (the image's repository) of the process's container",
     keep<WorkloadNodes, &WorkloadNodes::containers>},
    {"hostSelector", FieldStatus::Nullable, form::object(label_selector_object),
     "`{}`: processes outside of containers too", keep<WorkloadNodes, &WorkloadNodes::host>},
};

std::optional<std::vector<LabelRequirement>> read_optional(Reading& reading, const YamlNode* node,
                                                           std::string_view key) {
  if (!node || node->kind == YamlNode::Kind::Null) return std::nullopt;
  return read_label_selector(reading, *node, key);
}

}  // namespace

std::vector<LabelRequirement> read_label_selector(Reading& reading, const YamlNode& value, std::string_view key) {
  LabelDraft draft;
  read_fields<LabelDraft>(reading, value, key_text(key), kLabelFields, draft);
  return std::move(draft.requirements);
}

std::optional<WorkloadFilter> combine_workloads(Reading& reading, const WorkloadNodes& nodes, SourceSpan span) {
  WorkloadFilter out;
  out.span = std::move(span);
  out.pods = read_optional(reading, nodes.pods, "podSelector");
  out.containers = read_optional(reading, nodes.containers, "containerSelector");
  if (out.containers)
    for (const LabelRequirement& r : *out.containers)
      if (r.key != "name" && r.key != "repo")
        reading.error("wrong-value", reading.span(*nodes.containers), "a container has no label " + quoted(r.key),
                      "labels of containers are name and repo");
  if (nodes.host && nodes.host->kind != YamlNode::Kind::Null) {
    if (nodes.host->kind != YamlNode::Kind::Mapping || !nodes.host->entries.empty())
      reading.error("wrong-value", reading.span(*nodes.host), "`hostSelector` can only be `{}` or absent",
                    "hosts have no labels here: write hostSelector: {}");
    out.host = true;
  }
  const bool none = !out.pods && !out.containers && !out.host;
  const bool everybody = out.pods && out.pods->empty() && out.containers && out.containers->empty() && out.host;
  if (none || everybody) return std::nullopt;
  return out;
}

std::optional<WorkloadFilter> read_workload_filter(Reading& reading, const YamlNode& value, std::string_view object) {
  WorkloadNodes nodes;
  if (!read_fields<WorkloadNodes>(reading, value, object, kWorkloadFields, nodes)) return std::nullopt;
  return combine_workloads(reading, nodes, reading.span(value));
}

const ObjectDoc& label_selector_object() {
  static const ObjectDoc doc = describe<LabelDraft>("labels", "A label selector; `{}` selects all", kLabelFields);
  return doc;
}

const ObjectDoc& workload_filter_object() {
  static const ObjectDoc doc = describe<WorkloadNodes>(
      "workloads", "A filter on the process's pod and container: `matchWorkloads`", kWorkloadFields);
  return doc;
}

}  // namespace burin
