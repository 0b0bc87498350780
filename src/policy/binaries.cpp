// matchBinaries and matchParentBinaries entries: which programs a selector looks at.
#include <algorithm>

#include "policy/process_filters.h"
#include "policy/values.h"

namespace burin {
namespace {

struct BinaryDraft {
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
  const YamlNode* follow = nullptr;
};

std::vector<std::string> operator_words() {
  return {"In", "NotIn", "Prefix", "NotPrefix", "Postfix", "NotPostfix"};
}

constexpr Field<BinaryDraft> kBinaryFields[] = {
    {"operator", FieldStatus::Required, form::word(operator_words), "how the program's path is compared",
     keep<BinaryDraft, &BinaryDraft::op>},
    {"values", FieldStatus::Required, form::texts(), "paths of at most 255 bytes, one an element",
     keep<BinaryDraft, &BinaryDraft::values>},
    {"followChildren", FieldStatus::Optional, form::boolean("false"),
     "In, NotIn: what such a program starts, and so on, counts as it", keep<BinaryDraft, &BinaryDraft::follow>},
};

bool compares_whole_path(std::string_view op) {
  return op == "In" || op == "NotIn";
}
bool compares_beginning(std::string_view op) {
  return op == "Prefix" || op == "NotPrefix";
}

void check_paths(Reading& reading, const BinaryFilter& filter) {
  for (const Located<std::string>& path : filter.values) {
    if (path.value.size() > kMaxBinaryPath)
      reading.error("wrong-length", path.span,
                    "a path of " + std::to_string(path.value.size()) + " bytes; at most " +
                        std::to_string(kMaxBinaryPath) + " are compared");
    else if (path.value[0] != '/' && (compares_whole_path(filter.op) || compares_beginning(filter.op)))
      reading.warning("relative-path", path.span,
                      quoted(path.value) + " does not begin with /: no program's path matches it",
                      "write the absolute path, or use Postfix");
  }
}

}  // namespace

std::optional<BinaryFilter> read_binary_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                               const SelectorContext&) {
  BinaryDraft draft;
  const std::string list = "`" + std::string(key) + "`";
  if (!read_fields<BinaryDraft>(reading, value, "an entry of " + list, kBinaryFields, draft)) return std::nullopt;
  BinaryFilter filter;
  filter.span = reading.span(value);
  const std::vector<std::string> known = operator_words();
  const std::optional<std::string> op = draft.op ? reading.text(*draft.op, "operator") : std::nullopt;
  if (op && std::find(known.begin(), known.end(), *op) != known.end())
    filter.op = *op;
  else if (op)
    reading.error("unknown-operator", reading.span(*draft.op), "unknown operator " + quoted(*op) + " in " + list,
                  did_you_mean(*op, known, "operators here are In, NotIn, Prefix, NotPrefix, Postfix and NotPostfix"));
  if (draft.follow) {
    filter.follow_children = reading.boolean(*draft.follow, "followChildren").value_or(false);
    if (filter.follow_children && !filter.op.empty() && !compares_whole_path(filter.op))
      reading.error("wrong-value", reading.span(*draft.follow), "`followChildren` works only with In and NotIn");
  }
  if (draft.values) filter.values = read_values(reading, *draft.values, ElementForm::Text).values;
  check_paths(reading, filter);
  return filter;
}

const ObjectDoc& binary_filter_object() {
  static const ObjectDoc doc = describe<BinaryDraft>(
      "binary", "A filter on a program's path: an entry of matchBinaries or matchParentBinaries", kBinaryFields);
  return doc;
}

}  // namespace burin
