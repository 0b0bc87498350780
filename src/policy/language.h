// The policy language described as data: every object, every field, what it may hold. Made from the very tables that
// the reader reads by, so that `burin explain`, the JSON Schema and the reference page cannot say anything else.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

struct ObjectDoc;

/// What a field's value may be.
struct Form {
  enum class Kind {
    Text,     ///< any scalar, as written
    Boolean,  ///< true or false
    Integer,  ///< a number in [min, max]
    Word,     ///< one of words()
    Object,   ///< a mapping that object() describes
    Any,      ///< not looked at
  };
  Kind kind = Kind::Text;
  bool list = false;  ///< a list of such values
  bool map = false;   ///< a mapping from names to such values
  std::int64_t min = 0;
  std::uint64_t max = 0;
  std::vector<std::string> (*words)() = nullptr;
  const ObjectDoc& (*object)() = nullptr;
  std::string_view otherwise = {};  ///< the value when it is not written; empty: none

  constexpr Form by_default(std::string_view value) const {
    Form out = *this;
    out.otherwise = value;
    return out;
  }
};

namespace form {
constexpr Form text() {
  return {};
}
constexpr Form texts() {
  return {.list = true};
}
constexpr Form text_map() {
  return {.map = true};
}
constexpr Form boolean(std::string_view otherwise) {
  return {.kind = Form::Kind::Boolean, .otherwise = otherwise};
}
constexpr Form integer(std::int64_t min, std::uint64_t max) {
  return {.kind = Form::Kind::Integer, .min = min, .max = max};
}
constexpr Form integers(std::int64_t min, std::uint64_t max) {
  return {.kind = Form::Kind::Integer, .list = true, .min = min, .max = max};
}
constexpr Form word(std::vector<std::string> (*words)()) {
  return {.kind = Form::Kind::Word, .words = words};
}
constexpr Form words(std::vector<std::string> (*words)()) {
  return {.kind = Form::Kind::Word, .list = true, .words = words};
}
constexpr Form object(const ObjectDoc& (*object)()) {
  return {.kind = Form::Kind::Object, .object = object};
}
constexpr Form objects(const ObjectDoc& (*object)()) {
  return {.kind = Form::Kind::Object, .list = true, .object = object};
}
constexpr Form object_map(const ObjectDoc& (*object)()) {
  return {.kind = Form::Kind::Object, .map = true, .object = object};
}
constexpr Form any() {
  return {.kind = Form::Kind::Any};
}
}  // namespace form

struct FieldDoc {
  std::string_view name;
  std::string_view summary;  ///< one line, without a full stop
  Form form;
  bool required = false;
  bool nullable = false;  ///< null is a value of its own
};

struct ObjectDoc {
  std::string_view name;     ///< stable name of the kind of object ("kprobe"); one page section each
  std::string_view summary;  ///< one line
  std::vector<FieldDoc> fields;

  const FieldDoc* find(std::string_view field) const {
    for (const FieldDoc& f : fields)
      if (f.name == field) return &f;
    return nullptr;
  }
};

/// The outermost object: apiVersion, kind, metadata, spec.
const ObjectDoc& policy_object();
/// policy_object() and everything below it, each once, outermost first.
std::vector<const ObjectDoc*> all_objects();

/// "text", "boolean", "number 0 to 5", "list of filter": what stands in tables.
std::string form_text(const Form& form);

/// The JSON Schema (draft 7) of a policy, for editors; ends in a newline.
std::string language_schema();
/// docs/policy-reference.md: all fields, types, operators and actions; ends in a newline.
std::string language_reference();

/// What `burin explain` prints.
struct Explanation {
  std::string text;                ///< empty: there is no such field
  std::string missing;             ///< the part of the path that does not exist
  std::vector<std::string> known;  ///< what would have been possible there
};
/// `path` as in "spec.kprobes.args", or without "spec"; empty: the policy itself.
Explanation explain_field(std::string_view path);

}  // namespace burin
