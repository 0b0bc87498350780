// matchBinaries entries: which programs a selector looks at.
#include "policy/fields.h"
#include "policy/filter.h"
#include "policy/values.h"

namespace burin {
namespace {

struct BinaryDraft {
  const Node* op = nullptr;
  const Node* values = nullptr;
  const Node* follow = nullptr;
};

constexpr Field<BinaryDraft> kBinaryFields[] = {
    {"operator", FieldStatus::Required, [](Reading&, const Node& value, BinaryDraft& d) { d.op = &value; }},
    {"values", FieldStatus::Required, [](Reading&, const Node& value, BinaryDraft& d) { d.values = &value; }},
    {"followChildren", FieldStatus::Optional, [](Reading&, const Node& value, BinaryDraft& d) { d.follow = &value; }},
};

constexpr std::string_view kOperators[] = {"In", "NotIn", "Prefix", "NotPrefix", "Postfix", "NotPostfix"};

bool known_operator(std::string_view name) {
  for (std::string_view op : kOperators)
    if (op == name) return true;
  return false;
}

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

void read_follow_children(Reading& reading, const Node& value, BinaryFilter& filter) {
  const std::optional<bool> follow = reading.boolean(value, "followChildren");
  filter.follow_children = follow.value_or(false);
  if (filter.follow_children && !filter.op.empty() && !compares_whole_path(filter.op))
    reading.error("wrong-value", reading.span(value), "`followChildren` works only with In and NotIn");
  else if (filter.follow_children)
    reading.error(
        "not-yet", reading.span(value),
        "`followChildren: true` is part of the policy language but this version of burin does not support it yet",
        "write false, or list the children's programs too");
}

}  // namespace

std::optional<BinaryFilter> read_binary_filter(Reading& reading, const Node& value) {
  BinaryDraft draft;
  if (!read_fields<BinaryDraft>(reading, value, "an entry of `matchBinaries`", kBinaryFields, draft))
    return std::nullopt;
  BinaryFilter filter;
  filter.span = reading.span(value);
  const std::optional<std::string> op = draft.op ? reading.text(*draft.op, "operator") : std::nullopt;
  if (op && known_operator(*op)) {
    filter.op = *op;
  } else if (op) {
    reading.error("unknown-operator", reading.span(*draft.op),
                  "unknown operator " + quoted(*op) + " in `matchBinaries`",
                  did_you_mean(*op, {std::begin(kOperators), std::end(kOperators)},
                               "operators here are In, NotIn, Prefix, NotPrefix, Postfix and NotPostfix"));
  }
  if (draft.follow) read_follow_children(reading, *draft.follow, filter);
  if (draft.values) filter.values = read_values(reading, *draft.values, ElementForm::Text).values;
  check_paths(reading, filter);
  return filter;
}

}  // namespace burin
