// The walk over all objects, and one field explained.
#include "policy/language.h"

#include <algorithm>

#include "diag/diagnostic.h"

namespace burin {
namespace {

void collect(const ObjectDoc& object, std::vector<const ObjectDoc*>& out) {
  if (std::find(out.begin(), out.end(), &object) != out.end()) return;
  out.push_back(&object);
  for (const FieldDoc& field : object.fields)
    if (field.form.object) collect(field.form.object(), out);
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

std::string scalar_text(const Form& form) {
  switch (form.kind) {
    case Form::Kind::Text: return "text";
    case Form::Kind::Boolean: return "boolean";
    case Form::Kind::Integer: return "number " + std::to_string(form.min) + " to " + std::to_string(form.max);
    case Form::Kind::Word: return "word";
    case Form::Kind::Object: return std::string(form.object().name);
    case Form::Kind::Any: break;
  }
  return "anything";
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    out.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

void add_fields(const ObjectDoc& object, std::string& out) {
  out += "\nfields of " + std::string(object.name) + ":\n";
  for (const FieldDoc& field : object.fields) {
    out += "  " + std::string(field.name) + "  <" + form_text(field.form) + ">" + (field.required ? " required" : "");
    if (!field.form.otherwise.empty()) out += " (default " + std::string(field.form.otherwise) + ")";
    out += "\n      " + std::string(field.summary) + "\n";
  }
}

}  // namespace

std::string form_text(const Form& form) {
  if (form.list) return "list of " + scalar_text(form);
  if (form.map) return "mapping of names to " + scalar_text(form);
  return scalar_text(form);
}

std::vector<const ObjectDoc*> all_objects() {
  std::vector<const ObjectDoc*> out;
  collect(policy_object(), out);
  return out;
}

Explanation explain_field(std::string_view path) {
  Explanation out;
  std::vector<std::string> parts = split_path(path);
  const FieldDoc* spec = policy_object().find("spec");
  if (!parts.empty() && !policy_object().find(parts[0]) && spec->form.object().find(parts[0]))
    parts.insert(parts.begin(), "spec");
  const ObjectDoc* object = &policy_object();
  const FieldDoc* field = nullptr;
  for (const std::string& part : parts) {
    field = object ? object->find(part) : nullptr;
    if (!field) {
      out.missing = part;
      if (object)
        for (const FieldDoc& known : object->fields) out.known.emplace_back(known.name);
      return out;
    }
    object = field->form.object ? &field->form.object() : nullptr;
  }
  if (!field) {
    out.text = "policy: " + std::string(object->summary) + "\n";
  } else {
    out.text = joined(parts, ".") + "  <" + form_text(field->form) + ">" + (field->required ? " required" : "") +
               "\n  " + std::string(field->summary) + "\n";
    if (!field->form.otherwise.empty()) out.text += "  default: " + std::string(field->form.otherwise) + "\n";
    if (field->form.words) out.text += "  one of: " + joined(field->form.words(), ", ") + "\n";
  }
  if (object) add_fields(*object, out.text);
  return out;
}

}  // namespace burin
