// The language as JSON Schema. Written by hand: it is strings, numbers and braces, and its order must not change.
#include "policy/language.h"

namespace burin {
namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;  // our own texts have no control characters
  }
  return out + '"';
}

std::string word_list(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) out += (out.size() > 1 ? ", " : "") + json_string(word);
  return out + "]";
}

/// Members of the schema of one value, without braces. In lists a text may hold several values and variables.
std::string value_members(const Form& form) {
  switch (form.kind) {
    case Form::Kind::Text: return R"("type": ["string", "number", "boolean"])";
    case Form::Kind::Boolean: return R"("type": "boolean")";
    case Form::Kind::Integer:
      return R"("type": "integer", "minimum": )" + std::to_string(form.min) + R"(, "maximum": )" +
             std::to_string(form.max);
    case Form::Kind::Word:
      if (form.list)
        return R"("anyOf": [{"enum": )" + word_list(form.words()) + R"(}, {"type": "string", "pattern": "[ ,$]"}])";
      return R"("enum": )" + word_list(form.words());
    case Form::Kind::Object: return R"("$ref": "#/definitions/)" + std::string(form.object().name) + '"';
    case Form::Kind::Any: break;
  }
  return {};
}

std::string field_schema(const FieldDoc& field) {
  std::string members = value_members(field.form);
  if (field.form.list) members = R"("type": "array", "items": {)" + members + "}";
  if (field.form.map) members = R"("type": "object", "additionalProperties": {)" + members + "}";
  if (field.nullable) members = R"("anyOf": [{)" + members + R"(}, {"type": "null"}])";
  // Beside $ref draft 7 ignores everything.
  if (members.starts_with("\"$ref\"")) members = "\"allOf\": [{" + members + "}]";
  if (!members.empty()) members += ", ";
  return "{" + members + "\"description\": " + json_string(field.summary) + "}";
}

std::string object_schema(const ObjectDoc& object, std::string_view indent) {
  std::string out = "{\n";
  const std::string in(indent);
  out += in + "  \"type\": \"object\",\n" + in + "  \"description\": " + json_string(object.summary) + ",\n";
  if (object.name != "metadata") out += in + "  \"additionalProperties\": false,\n";
  std::vector<std::string> required;
  for (const FieldDoc& field : object.fields)
    if (field.required) required.emplace_back(field.name);
  if (!required.empty()) out += in + "  \"required\": " + word_list(required) + ",\n";
  out += in + "  \"properties\": {\n";
  for (std::size_t i = 0; i < object.fields.size(); ++i)
    out += in + "    " + json_string(object.fields[i].name) + ": " + field_schema(object.fields[i]) +
           (i + 1 < object.fields.size() ? ",\n" : "\n");
  return out + in + "  }\n" + in + "}";
}

}  // namespace

std::string language_schema() {
  std::string out =
      "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
      "  \"title\": \"TracingPolicy\",\n  \"allOf\": [{\"$ref\": \"#/definitions/policy\"}],\n"
      "  \"definitions\": {\n";
  const std::vector<const ObjectDoc*> objects = all_objects();
  for (std::size_t i = 0; i < objects.size(); ++i)
    out += "    " + json_string(objects[i]->name) + ": " + object_schema(*objects[i], "    ") +
           (i + 1 < objects.size() ? ",\n" : "\n");
  return out + "  }\n}\n";
}

}  // namespace burin
