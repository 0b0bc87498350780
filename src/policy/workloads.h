// Label selectors: which pods, containers and hosts a policy or selector is for.
#pragma once
#include <optional>
#include <string>

#include "model/policy.h"
#include "policy/fields.h"

namespace burin {

/// The three selectors as they are written; null when one is not.
struct WorkloadNodes {
  const YamlNode* pods = nullptr;
  const YamlNode* containers = nullptr;
  const YamlNode* host = nullptr;
};

/// What the three say together; nothing when they leave nobody out (none written, or all three `{}`). Mistakes are
/// reported.
std::optional<WorkloadFilter> combine_workloads(Reading&, const WorkloadNodes& nodes, SourceSpan span);
/// `matchWorkloads`.
std::optional<WorkloadFilter> read_workload_filter(Reading&, const YamlNode& value, std::string_view object);
/// One label selector.
std::vector<LabelRequirement> read_label_selector(Reading&, const YamlNode& value, std::string_view key);

const ObjectDoc& workload_filter_object();
const ObjectDoc& label_selector_object();

}  // namespace burin
