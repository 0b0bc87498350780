// Which argument, which operator, which values. The operator judges its values here only to report them; the planner
// parses them again into the operand that is compiled.
#include "policy/filter.h"

#include <algorithm>
#include <charconv>

#include "operators/operator.h"
#include "policy/values.h"
#include "policy/vocabulary.h"

namespace burin {
namespace {

struct FilterDraft {
  const YamlNode* index = nullptr;
  const YamlNode* args = nullptr;
  const YamlNode* op = nullptr;
  const YamlNode* values = nullptr;
};

std::vector<std::string> operator_words() {
  std::vector<std::string> known;
  for (const Operator& op : all_operators()) known.emplace_back(op.name);
  for (std::string_view name : tetragon_operators())
    if (std::find(known.begin(), known.end(), name) == known.end()) known.emplace_back(name);
  return known;
}

constexpr Field<FilterDraft> kFilterFields[] = {
    {"index", FieldStatus::Optional, form::integer(0, kMaxFieldIndex),
     "the argument, as its own `index`; for tracepoints and matchData its position in the list, from 0",
     keep<FilterDraft, &FilterDraft::index>},
    {"args", FieldStatus::Optional, form::integers(0, kMaxArgs - 1),
     "positions in the hook's list, from 0; wins over `index`", keep<FilterDraft, &FilterDraft::args>},
    {"operator", FieldStatus::Required, form::word(operator_words), "how the argument is compared",
     keep<FilterDraft, &FilterDraft::op>},
    {"values", FieldStatus::Optional, form::texts(), "what it is compared with: any of them (Not...: none of them)",
     keep<FilterDraft, &FilterDraft::values>},
};

/// The list of captured values that a filter looks at.
struct Subject {
  std::string_view key;   ///< "matchArgs"
  std::string_view list;  ///< "args"
  const DeclaredArgs& args;
  bool by_position;  ///< `index` is a position in the list
};

std::string declared_indexes(const Subject& subject) {
  const std::string list = key_text(subject.list);
  if (subject.args.list.empty()) return "the hook declares no " + list;
  if (subject.by_position)
    return "the hook's " + list + " has positions 0 to " + std::to_string(subject.args.list.size() - 1);
  std::string out = "the hook's " + list + " declare index ";
  for (std::size_t i = 0; i < subject.args.list.size(); ++i)
    out += (i ? ", " : "") + std::to_string(subject.args.list[i].index);
  return out;
}

/// Adds a position that was written, when the list has it.
bool add_position(Reading& reading, const SourceSpan& span, std::size_t position, const Subject& subject,
                  std::vector<std::size_t>& out) {
  if (position < subject.args.list.size()) {
    out.push_back(position);
    return true;
  }
  if (subject.args.complete)
    reading.error("unknown-arg", span,
                  "no argument at position " + std::to_string(position) + " of the hook's " + key_text(subject.list),
                  subject.by_position ? declared_indexes(subject)
                                      : "`args: [n]` counts positions in the list from 0; `index: n` names a function "
                                        "parameter");
  return false;
}

/// `args: [n, m]`. False when something is wrong.
bool positions_written(Reading& reading, const YamlNode& value, const Operator& op, const Subject& subject,
                       std::vector<std::size_t>& out) {
  const YamlNode* list = reading.container(value, "args", YamlNode::Kind::Sequence);
  if (!list) return false;
  if (list->items.empty()) {
    reading.error("missing-field", reading.span(value), "`args` of a filter names no argument");
    return false;
  }
  if (op.arguments && list->items.size() > op.arguments) {
    reading.error("too-many", reading.span(list->items[op.arguments]),
                  std::string(op.name) + " looks at " +
                      (op.arguments == 1 ? std::string("one argument") : std::to_string(op.arguments) + " arguments"),
                  "write one entry per argument: entries are ANDed");
    return false;
  }
  bool good = true;
  for (const YamlNode& item : list->items) {
    const auto position = reading.number(item, "args", kMaxArgs - 1);
    good = position && add_position(reading, reading.span(item), *position, subject, out) && good;
  }
  return good;
}

bool position_of_index(Reading& reading, const YamlNode& value, const Subject& subject, std::vector<std::size_t>& out) {
  const auto index = reading.number(value, "index", kMaxFieldIndex);
  if (!index) return false;
  if (subject.by_position) return add_position(reading, reading.span(value), *index, subject, out);
  for (std::size_t i = 0; i < subject.args.list.size(); ++i) {
    if (subject.args.list[i].index != *index) continue;
    out.push_back(i);
    return true;
  }
  if (subject.args.complete)
    reading.error("unknown-arg", reading.span(value),
                  "the filter looks at parameter " + std::to_string(*index) + ", which the hook does not capture",
                  declared_indexes(subject));
  return false;
}

/// CelExpr names its arguments itself: every argN in the expression, in ascending order.
bool positions_in_expression(Reading& reading, const std::vector<Located<std::string>>& values, const Subject& subject,
                             std::vector<std::size_t>& out) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  bool good = true;
  for (const Located<std::string>& value : values) {
    const std::string& text = value.value;
    for (std::size_t at = text.find("arg"); at != std::string::npos; at = text.find("arg", at + 3)) {
      if (at > 0 && (word(text[at - 1]) || text[at - 1] == '.')) continue;
      std::size_t position = 0;
      const char* begin = text.data() + at + 3;
      const auto [stop, problem] = std::from_chars(begin, text.data() + text.size(), position);
      if (problem != std::errc() || (stop != text.data() + text.size() && word(*stop))) continue;
      good = add_position(reading, value.span, position, subject, out) && good;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (good && out.empty() && subject.args.complete && !subject.args.list.empty()) out.push_back(0);  // a constant
  return good && !out.empty();
}

/// False when something was reported, or when it cannot be known because the list has mistakes.
bool find_positions(Reading& reading, const FilterDraft& draft, const Operator& op, const Subject& subject,
                    ArgFilter& filter) {
  if (draft.args) {
    if (!positions_written(reading, *draft.args, op, subject, filter.positions)) return false;
  } else if (draft.index && op.arguments == 1) {
    if (!position_of_index(reading, *draft.index, subject, filter.positions)) return false;
  } else if (op.arguments == 0) {
    return positions_in_expression(reading, filter.values, subject, filter.positions);
  } else if (op.arguments == 1) {
    reading.error("missing-field", filter.span, "an entry of " + key_text(subject.key) + " needs `index`");
    return false;
  }
  if (op.arguments && filter.positions.size() != op.arguments) {
    reading.error("missing-field", filter.span,
                  std::string(op.name) + " compares " + std::to_string(op.arguments) + " arguments",
                  "name their positions in the hook's list: `args: [0, 1]`");
    return false;
  }
  return true;
}

const Operator* find_filter_operator(Reading& reading, const YamlNode& value) {
  const std::optional<std::string> word = reading.text(value, "operator");
  if (!word) return nullptr;
  if (const Operator* op = operator_for(*word)) return op;
  if (is_tetragon_operator(*word)) {
    reading.not_yet(reading.span(value), "operator: " + *word);
    return nullptr;
  }
  const bool binaries = *word == "In" || *word == "NotIn";
  reading.error("unknown-operator", reading.span(value), "unknown operator " + quoted(*word),
                binaries ? (*word == "In" ? "write Equal" : "write NotEqual")
                         : did_you_mean(*word, operator_words(), "`burin list operators` lists them"));
  return nullptr;
}

std::string operators_for(const ArgType& type) {
  std::string out;
  for (const Operator& op : all_operators())
    if (op.applies_to(type.type_class)) out += (out.empty() ? "" : ", ") + std::string(op.name);
  return out.empty() ? "no operator looks at it" : "operators for it: " + out;
}

/// Types of the arguments that the filter looks at; null for one that the host decides.
std::vector<const ArgType*> types_of(const ArgFilter& filter, const Subject& subject) {
  std::vector<const ArgType*> out;
  for (const std::size_t position : filter.positions) out.push_back(subject.args.list[position].type);
  return out;
}

bool check_types(Reading& reading, const Operator& op, const std::vector<const ArgType*>& types,
                 const ArgFilter& filter) {
  for (const ArgType* type : types) {
    if (!type || op.applies_to(type->type_class)) continue;
    reading.error("operator-type", filter.op_span,
                  std::string(op.name) + " does not apply to arguments of type " + std::string(type->name),
                  operators_for(*type));
    return false;
  }
  return true;
}

/// Whether an element is one value whatever spaces it has.
ElementForm element_form(const Operator& op, const ArgType* type) {
  if (op.arguments == 0) return ElementForm::Text;
  constexpr std::string_view kTextOnly[] = {"Prefix",     "NotPrefix", "Postfix",
                                            "NotPostfix", "SubString", "SubStringIgnCase"};
  if (std::find(std::begin(kTextOnly), std::end(kTextOnly), op.name) != std::end(kTextOnly)) return ElementForm::Text;
  if (op.name != "Equal" && op.name != "NotEqual") return ElementForm::List;
  return !type || is_text(type->type_class) ? ElementForm::Text : ElementForm::List;
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
    const bool given = draft.values && !(draft.values->kind == YamlNode::Kind::Sequence && draft.values->items.empty());
    if (given)
      reading.warning("values-ignored", reading.span(*draft.values), std::string(op.name) + " takes no values",
                      "remove `values`");
    return true;
  }
  if (!draft.values) {
    reading.error("missing-field", filter.span, std::string(op.name) + " needs `values`");
    return false;
  }
  ReadValues read = read_values(reading, *draft.values, element_form(op, type));
  filter.values = std::move(read.values);
  drop_headless_services(reading, op, filter.values);
  if (read.complete && filter.values.empty()) {
    reading.error("empty-values", reading.span(*draft.values), "`values` lists nothing",
                  "add a value or remove the filter");
    return false;
  }
  return read.complete;
}

bool names_list(const Located<std::string>& value) {
  return value.value.starts_with("list:");
}

/// `list:NAME` among the values stands for the system calls of that list. False when something was reported.
bool check_lists(Reading& reading, const Operator& op, const ArgType* type, const ArgFilter& filter,
                 const SharedParts& shared) {
  for (const Located<std::string>& value : filter.values) {
    if (!names_list(value)) continue;
    const bool fits =
        (op.name == "InMap" || op.name == "NotInMap") && (!type || type->type_class == TypeClass::Syscall);
    if (!fits) {
      reading.error("bad-value", value.span, "a list can be a value only for InMap and NotInMap on type syscall64",
                    "write the values themselves");
      return false;
    }
    const SymbolList* list = find_list(reading, value.value, value.span, shared);
    if (!list) return false;
    if (list->type == SymbolList::Type::Syscalls || list->type == SymbolList::Type::GeneratedSyscalls) continue;
    reading.error("bad-value", value.span, "list " + quoted(list->name) + " has no system calls",
                  "give it type: syscalls or generated_syscalls");
    return false;
  }
  return true;
}

/// Lets the operator judge the values. Its warnings are about the list as a whole and say nothing about a wrong one.
void check_values(Reading& reading, const Operator& op, const std::vector<const ArgType*>& types,
                  const ArgFilter& filter) {
  std::vector<Located<std::string>> values = filter.values;
  const std::size_t lists = std::erase_if(values, names_list);
  if (lists && values.empty()) return;
  Diagnostics found;
  if (op.parse_all)
    op.parse_all(values, types, filter.positions, found);
  else
    op.parse(values, *types.front(), found);
  const bool wrong = found.has_errors();
  for (const Diagnostic& d : found.all())
    if (d.severity == Severity::Error || !wrong) reading.adopt(d);
}

std::optional<ArgFilter> read_filter(Reading& reading, const YamlNode& value, const Subject& subject,
                                     const SharedParts& shared) {
  FilterDraft draft;
  const std::string object = "an entry of `" + std::string(subject.key) + "`";
  if (!read_fields<FilterDraft>(reading, value, object, kFilterFields, draft) || !draft.op) return std::nullopt;
  const Operator* op = find_filter_operator(reading, *draft.op);
  if (!op) return std::nullopt;
  ArgFilter filter;
  filter.op = op->name;
  filter.span = reading.span(value);
  filter.op_span = reading.span(*draft.op);
  // An expression says itself what it looks at: its values come first.
  const bool expression = op->arguments == 0;
  if (expression && !read_filter_values(reading, draft, *op, nullptr, filter)) return std::nullopt;
  const bool placed = find_positions(reading, draft, *op, subject, filter);
  const std::vector<const ArgType*> types = placed ? types_of(filter, subject) : std::vector<const ArgType*>{};
  if (!check_types(reading, *op, types, filter)) return std::nullopt;
  const ArgType* type = types.empty() ? nullptr : types.front();
  if (!expression && !read_filter_values(reading, draft, *op, type, filter)) return std::nullopt;
  if (!placed || !check_lists(reading, *op, type, filter, shared)) return std::nullopt;
  if (std::find(types.begin(), types.end(), nullptr) == types.end()) check_values(reading, *op, types, filter);
  return filter;
}

}  // namespace

std::optional<ArgFilter> read_arg_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                         const SelectorContext& context) {
  const bool tracepoint = context.kind == HookKind::Tracepoint || context.kind == HookKind::RawTracepoint;
  return read_filter(reading, value, {key, "args", context.args, tracepoint}, context.shared);
}

std::optional<ArgFilter> read_data_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                          const SelectorContext& context) {
  return read_filter(reading, value, {key, "data", context.data, true}, context.shared);
}

std::optional<ArgFilter> read_return_filter(Reading& reading, const YamlNode& value, std::string_view key,
                                            const SelectorContext& context) {
  const DeclaredArgs returned{{context.returned}, !context.any_hook};
  return read_filter(reading, value, {key, "returnArg", returned, true}, context.shared);
}

const ObjectDoc& arg_filter_object() {
  static const ObjectDoc doc = describe<FilterDraft>(
      "filter", "A filter on a captured value: an entry of matchArgs, matchData or matchReturnArgs", kFilterFields);
  return doc;
}

}  // namespace burin
