// The language as tables: an object is a list of its fields, and a field that is supported one day is one changed line.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/display.h"
#include "policy/reading.h"

namespace burin {

enum class FieldStatus {
  Required,           ///< read; its absence is an error
  Optional,           ///< read; a null value counts as absent, with a warning
  Ignored,            ///< accepted without a look
  NotYet,             ///< in Tetragon's language, refused by us for now
  NotYetUnlessFalse,  ///< the same for a switch: `false` asks for nothing
};

/// One field of an object of the language; `read` puts its value into the draft T.
template <class T>
struct Field {
  std::string_view name;
  FieldStatus status;
  void (*read)(Reading&, const Node& value, T& draft) = nullptr;
};

namespace detail {

template <class T>
void read_field(Reading& reading, const Entry& entry, const Field<T>& field, T& draft) {
  const bool null = entry.value.kind == Node::Kind::Null;
  const SourceSpan key = reading.span(entry.key);
  switch (field.status) {
    case FieldStatus::Ignored: return;
    case FieldStatus::Required: return field.read(reading, entry.value, draft);
    case FieldStatus::Optional:
    case FieldStatus::NotYet:
    case FieldStatus::NotYetUnlessFalse: break;
  }
  if (null) {
    reading.warning("empty-field", key, key_text(field.name) + " has no value: it counts as not written");
  } else if (field.status == FieldStatus::Optional) {
    field.read(reading, entry.value, draft);
  } else if (field.status == FieldStatus::NotYet || entry.value.quoted || entry.value.text != "false") {
    reading.not_yet(key, field.name);
  }
}

}  // namespace detail

/// Reads a mapping by its table; `object` names it in messages ("an entry of `args`"). Reports unknown keys, fields not
/// yet supported and missing ones. False when `value` is no mapping.
template <class T>
bool read_fields(Reading& reading, const Node& value, std::string_view object, std::span<const Field<T>> fields,
                 T& draft) {
  if (value.kind != Node::Kind::Mapping) {
    reading.error("wrong-type", reading.span(value),
                  std::string(object) + " must be a mapping, not " + std::string(kind_name(value.kind)));
    return false;
  }
  for (const Entry& entry : value.entries) {
    if (reading.full()) return true;
    const Field<T>* found = nullptr;
    for (const Field<T>& field : fields)
      if (field.name == entry.key.text) found = &field;
    if (found) {
      detail::read_field(reading, entry, *found, draft);
      continue;
    }
    std::vector<std::string> known;
    for (const Field<T>& field : fields) known.emplace_back(field.name);
    reading.error("unknown-key", reading.span(entry.key),
                  "unknown key " + quoted(entry.key.text) + " in " + std::string(object),
                  did_you_mean(entry.key.text, known));
  }
  for (const Field<T>& field : fields)
    if (field.status == FieldStatus::Required && !value.find(field.name))
      reading.error("missing-field", reading.span(value), std::string(object) + " needs " + key_text(field.name));
  return true;
}

/// Calls `read` for each element of a list; reports when `value` is none.
template <class F>
void read_list(Reading& reading, const Node& value, std::string_view key, std::size_t max, F read) {
  const Node* list = reading.container(value, key, Node::Kind::Sequence);
  if (!list) return;
  if (list->items.size() > max) {
    reading.error("too-many", reading.span(list->items[max]),
                  key_text(key) + " has " + std::to_string(list->items.size()) + " entries, at most " +
                      std::to_string(max) + " are accepted");
    return;
  }
  for (const Node& item : list->items) {
    if (reading.full()) return;
    read(item);
  }
}

}  // namespace burin
