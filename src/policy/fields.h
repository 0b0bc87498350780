// The language as tables: an object is a list of its fields, each with what it means and what reads it.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/display.h"
#include "policy/language.h"
#include "policy/reading.h"

namespace burin {

enum class FieldStatus {
  Required,  ///< its absence is an error
  Optional,  ///< a null value counts as absent, with a warning
  Nullable,  ///< null is a value of its own, read like the others
};

/// One field of an object of the language; `read` puts its value into the draft T.
template <class T>
struct Field {
  std::string_view name;
  FieldStatus status;
  Form form;
  std::string_view summary;
  void (*read)(Reading&, const Entry&, T& draft) = nullptr;
};

/// The documentation of a table.
template <class T>
ObjectDoc describe(std::string_view name, std::string_view summary, std::span<const Field<T>> fields) {
  ObjectDoc out{name, summary, {}};
  for (const Field<T>& field : fields)
    out.fields.push_back({field.name, field.summary, field.form, field.status == FieldStatus::Required,
                          field.status == FieldStatus::Nullable});
  return out;
}

// What most fields do with their value.

/// Remembers it, to be read when its neighbours are known.
template <class T, const YamlNode* T::*kMember>
void keep(Reading&, const Entry& entry, T& draft) {
  draft.*kMember = &entry.value;
}
template <class T, std::string T::*kMember>
void read_text(Reading& reading, const Entry& entry, T& draft) {
  if (std::optional<std::string> text = reading.text(entry)) draft.*kMember = std::move(*text);
}
template <class T, bool T::*kMember>
void read_boolean(Reading& reading, const Entry& entry, T& draft) {
  if (const std::optional<bool> value = reading.boolean(entry)) draft.*kMember = *value;
}

/// Reads entries of one mapping (or of several that count as one) by a table; `object` names it in messages ("an entry
/// of `args`"), `place` is where a missing field is reported.
template <class T>
void read_entries(Reading& reading, std::span<const Entry* const> entries, const SourceSpan& place,
                  std::string_view object, std::span<const Field<T>> fields, T& draft) {
  std::vector<bool> seen(fields.size());
  for (const Entry* entry : entries) {
    if (reading.full()) return;
    std::size_t at = 0;
    while (at < fields.size() && fields[at].name != entry->key.text) ++at;
    if (at == fields.size()) {
      std::vector<std::string> known;
      for (const Field<T>& field : fields) known.emplace_back(field.name);
      reading.error("unknown-key", reading.span(entry->key),
                    "unknown key " + quoted(entry->key.text) + " in " + std::string(object),
                    did_you_mean(entry->key.text, known));
      continue;
    }
    seen[at] = true;
    if (fields[at].status == FieldStatus::Optional && entry->value.kind == YamlNode::Kind::Null)
      reading.warning("empty-field", reading.span(entry->key),
                      key_text(entry->key.text) + " has no value: it counts as not written");
    else
      fields[at].read(reading, *entry, draft);
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].status == FieldStatus::Required && !seen[i])
      reading.error("missing-field", place, std::string(object) + " needs " + key_text(fields[i].name));
}

/// The same for one mapping. False (reported) when `value` is none.
template <class T>
bool read_fields(Reading& reading, const YamlNode& value, std::string_view object, std::span<const Field<T>> fields,
                 T& draft) {
  if (value.kind != YamlNode::Kind::Mapping) {
    reading.error("wrong-type", reading.span(value),
                  std::string(object) + " must be a mapping, not " + std::string(kind_name(value.kind)));
    return false;
  }
  std::vector<const Entry*> entries;
  for (const Entry& entry : value.entries) entries.push_back(&entry);
  read_entries<T>(reading, entries, reading.span(value), object, fields, draft);
  return true;
}

/// Calls `read` for each element of a list; reports when `value` is none.
template <class F>
void read_list(Reading& reading, const YamlNode& value, std::string_view key, std::size_t max, F read) {
  const YamlNode* list = reading.container(value, key, YamlNode::Kind::Sequence);
  if (!list) return;
  if (list->items.size() > max) {
    reading.error("too-many", reading.span(list->items[max]),
                  key_text(key) + " has " + std::to_string(list->items.size()) + " entries, at most " +
                      std::to_string(max) + " are accepted");
    return;
  }
  for (const YamlNode& item : list->items) {
    if (reading.full()) return;
    read(item);
  }
}

}  // namespace burin
