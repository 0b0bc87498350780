// matchArgs entries: which argument, which operator, which values. The operator judges its values here only to report
// them; the planner parses them again into the operand that is compiled.
#include "policy/filter.h"

#include "operators/operator.h"
#include "policy/fields.h"
#include "policy/values.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

struct FilterDraft {
  const Node* index = nullptr;
  const Node* args = nullptr;
  const Node* op = nullptr;
  const Node* values = nullptr;
};

constexpr Field<FilterDraft> kFilterFields[] = {
    {"index", FieldStatus::Optional, [](Reading&, const Node& value, FilterDraft& d) { d.index = &value; }},
    {"args", FieldStatus::Optional, [](Reading&, const Node& value, FilterDraft& d) { d.args = &value; }},
    {"operator", FieldStatus::Required, [](Reading&, const Node& value, FilterDraft& d) { d.op = &value; }},
    {"values", FieldStatus::Optional, [](Reading&, const Node& value, FilterDraft& d) { d.values = &value; }},
};

std::string declared_indexes(const std::vector<DeclaredArg>& args) {
  if (args.empty()) return "the hook declares no `args`";
  std::string out = "the hook's `args` declare index ";
  for (std::size_t i = 0; i < args.size(); ++i) out += (i ? ", " : "") + std::to_string(args[i].index);
  return out;
}

/// `args: [n]`: n is the position in the hook's list.
const DeclaredArg* arg_at_position(Reading& reading, const Node& value, const DeclaredArgs& args) {
  const Node* list = reading.container(value, "args", Node::Kind::Sequence);
  if (!list) return nullptr;
  if (list->items.size() != 1) {
    if (list->items.empty())
      reading.error("missing-field", reading.span(value), "`args` of a filter names no argument");
    else
      reading.not_yet(reading.span(list->items[1]), "args: [n, m]");
    return nullptr;
  }
  const std::optional<std::uint32_t> position = reading.number(list->items[0], "args", 4);
  if (!position) return nullptr;
  if (*position < args.list.size()) return &args.list[*position];
  if (!args.complete) return nullptr;
  reading.error("unknown-arg", reading.span(list->items[0]),
                "no argument at position " + std::to_string(*position) + " of the hook's `args`",
                "`args: [n]` counts positions in the list from 0; `index: n` names a function parameter");
  return nullptr;
}

/// The argument that the filter looks at; `args` wins over `index`, as in Tetragon.
const DeclaredArg* find_arg(Reading& reading, const Node& entry, const FilterDraft& draft, const DeclaredArgs& args) {
  if (draft.args) return arg_at_position(reading, *draft.args, args);
  if (!draft.index) {
    reading.error("missing-field", reading.span(entry), "an entry of `matchArgs` needs `index`");
    return nullptr;
  }
  const std::optional<std::uint32_t> index = reading.number(*draft.index, "index", 4);
  if (!index) return nullptr;
  for (const DeclaredArg& arg : args.list)
    if (arg.index == *index) return &arg;
  if (!args.complete) return nullptr;
  reading.error("unknown-arg", reading.span(*draft.index),
                "the filter looks at parameter " + std::to_string(*index) + ", which the hook does not capture",
                declared_indexes(args.list));
  return nullptr;
}

const Operator* find_filter_operator(Reading& reading, const Node& value) {
  const std::optional<std::string> word = reading.text(value, "operator");
  if (!word) return nullptr;
  if (const Operator* op = operator_for(*word)) return op;
  if (is_tetragon_operator(*word)) {
    reading.not_yet(reading.span(value), "operator: " + *word);
    return nullptr;
  }
  std::vector<std::string> known;
  for (const Operator& op : all_operators()) known.emplace_back(op.name);
  for (std::string_view name : tetragon_operators()) known.emplace_back(name);
  reading.error("unknown-operator", reading.span(value), "unknown operator " + quoted(*word),
                did_you_mean(*word, known, "`burin list operators` lists them"));
  return nullptr;
}

std::string operators_for(const ArgType& type) {
  std::string out;
  for (const Operator& op : all_operators())
    if (op.applies_to(type.type_class)) out += (out.empty() ? "" : ", ") + std::string(op.name);
  return out.empty() ? "no operator looks at it" : "operators for it: " + out;
}

/// Lets the operator judge the values. Its warnings are about the list as a whole and say nothing about a wrong one.
void check_values(Reading& reading, const Operator& op, const ArgType& type, const ArgFilter& filter) {
  Diagnostics found;
  op.parse(filter.values, type, found);
  const bool wrong = found.has_errors();
  for (const Diagnostic& d : found.all())
    if (d.severity == Severity::Error || !wrong) reading.adopt(d);
}

bool names_list(Reading& reading, const std::vector<Located<std::string>>& values) {
  for (const Located<std::string>& value : values) {
    if (!value.value.starts_with("list:")) continue;
    reading.not_yet(value.span, value.value);
    return true;
  }
  return false;
}

/// `kubectl get services -o jsonpath=...clusterIP` prints None for a headless service, and what is made of that output
/// should load: such a service has no address, so that leaving the word out changes nothing.
void drop_headless_services(Reading& reading, const Operator& op, std::vector<Located<std::string>>& values) {
  if (!op.name.ends_with("Addr")) return;
  std::erase_if(values, [&](const Located<std::string>& value) {
    if (value.value != "None") return false;
    reading.warning("headless-service", value.span, "\"None\" stands for a service without an address: left out");
    return true;
  });
}

/// Fills filter.values; false when something was reported.
bool read_filter_values(Reading& reading, const FilterDraft& draft, const Operator& op, const ArgType* type,
                        ArgFilter& filter) {
  if (!op.takes_values) {
    const bool given = draft.values && !(draft.values->kind == Node::Kind::Sequence && draft.values->items.empty());
    if (given)
      reading.warning("values-ignored", reading.span(*draft.values), std::string(op.name) + " takes no values",
                      "remove `values`");
    return true;
  }
  if (!draft.values) {
    reading.error("missing-field", filter.span, std::string(op.name) + " needs `values`");
    return false;
  }
  const bool text = type && type->type_class == TypeClass::Text;
  ReadValues read = read_values(reading, *draft.values, text ? ElementForm::Text : ElementForm::List);
  filter.values = std::move(read.values);
  drop_headless_services(reading, op, filter.values);
  if (read.complete && filter.values.empty()) {
    reading.error("empty-values", reading.span(*draft.values), "`values` lists nothing",
                  "add a value or remove the filter");
    return false;
  }
  return read.complete && !names_list(reading, filter.values);
}

}  // namespace

std::optional<ArgFilter> read_arg_filter(Reading& reading, const Node& value, const DeclaredArgs& args) {
  FilterDraft draft;
  if (!read_fields<FilterDraft>(reading, value, "an entry of `matchArgs`", kFilterFields, draft)) return std::nullopt;
  const DeclaredArg* arg = find_arg(reading, value, draft, args);
  const Operator* op = draft.op ? find_filter_operator(reading, *draft.op) : nullptr;
  if (!op) return std::nullopt;
  ArgFilter filter;
  if (arg) filter.positions.push_back(static_cast<std::size_t>(arg - args.list.data()));
  filter.op = op->name;
  filter.span = reading.span(value);
  filter.op_span = reading.span(*draft.op);
  const ArgType* type = arg ? arg->type : nullptr;
  if (type && type->type_class == TypeClass::Text && is_tetragon_text_operator(op->name) &&
      !op->applies_to(type->type_class)) {
    reading.not_yet(filter.op_span, "operator: " + std::string(op->name) + " on " + std::string(type->name));
    return std::nullopt;
  }
  if (type && !op->applies_to(type->type_class)) {
    reading.error("operator-type", filter.op_span,
                  std::string(op->name) + " does not apply to arguments of type " + std::string(type->name),
                  operators_for(*type));
    return std::nullopt;
  }
  if (!read_filter_values(reading, draft, *op, type, filter) || !type) return std::nullopt;
  check_values(reading, *op, *type, filter);
  return filter;
}

}  // namespace burin
