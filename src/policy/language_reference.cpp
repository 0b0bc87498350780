// docs/policy-reference.md: tables of everything that a policy can say.
#include "operators/operator.h"
#include "policy/action.h"
#include "policy/language.h"
#include "types/arg_type.h"

namespace burin {
namespace {

constexpr std::string_view kHead =
    "# Policy reference\n"
    "\n"
    "Every field, argument type, operator and action, printed by `burin explain --reference` from the tables that the\n"
    "reader itself uses. `docs/policy.md` says what they mean together; `burin explain spec.kprobes.args` shows a "
    "part\n"
    "on the terminal; `docs/tracingpolicy.schema.json` is the same for editors.\n";

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

/// The words themselves where they are few; types, operators and actions have tables of their own.
std::string value_text(const Form& form) {
  constexpr std::size_t kFew = 10;
  if (!form.words) return form_text(form);
  const std::vector<std::string> words = form.words();
  if (words.size() > kFew) return form_text(form);
  std::string out = form.list ? "list of" : "";
  for (const std::string& word : words) out += (out.empty() ? "`" : " `") + word + "`";
  return out;
}

void add_object(const ObjectDoc& object, std::string& out) {
  out += "\n### " + std::string(object.name) + "\n\n" + std::string(object.summary) +
         ".\n\n| field | value | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const FieldDoc& field : object.fields) {
    out += "| `" + std::string(field.name) + "`" + (field.required ? " (required)" : "") + " | " +
           value_text(field.form) + " | " + std::string(field.form.otherwise) + " | " + cell(field.summary) + " |\n";
  }
}

/// The types that an operator applies to, by name.
std::string types_of(const Operator& op) {
  std::string out;
  for (const ArgType& type : all_types())
    if (op.applies_to(type.type_class)) out += (out.empty() ? "" : " ") + std::string(type.name);
  return out;
}

}  // namespace

std::string language_reference() {
  std::string out(kHead);
  out += "\n## Fields\n";
  for (const ObjectDoc* object : all_objects()) add_object(*object, out);
  out += "\n## Argument types\n\n| type | key in events | what it is |\n| --- | --- | --- |\n";
  for (const ArgType& type : all_types()) {
    const std::string key = type.json_key.empty() ? "" : "`" + std::string(type.json_key) + "`";
    out += "| `" + std::string(type.name) + "` | " + key + " | " + cell(type.summary) + " |\n";
  }
  out += "\n## Operators\n\n| operator | holds when | for types |\n| --- | --- | --- |\n";
  for (const Operator& op : all_operators())
    out += "| `" + std::string(op.name) + "` | " + cell(op.summary) + " | " + types_of(op) + " |\n";
  out += "\n## Actions\n\n| action | effect | arguments |\n| --- | --- | --- |\n";
  for (const ActionKind kind : all_actions()) {
    std::string arguments;
    for (const std::string_view name : action_arguments(kind))
      arguments += (arguments.empty() ? "`" : ", `") + std::string(name) + "`";
    out +=
        "| `" + std::string(to_string(kind)) + "` | " + std::string(action_summary(kind)) + " | " + arguments + " |\n";
  }
  return out;
}

}  // namespace burin
