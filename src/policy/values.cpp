// One value list: YAML elements to located strings.
#include "policy/values.h"

#include "diag/display.h"
#include "policy/expand.h"

namespace burin {
namespace {

void report_empty(Reading& reading, const YamlNode& item) {
  const bool variable = item.kind == YamlNode::Kind::Scalar && item.text.find("${") != std::string::npos;
  reading.error(
      "empty-value", reading.span(item),
      variable ? quoted(item.text) + " expands to nothing" : std::string("an empty value"),
      variable ? "give the variable a text with --set, or remove the line" : "write a value or remove the line");
}

/// Appends what one element holds. False when it was reported.
bool read_element(Reading& reading, const YamlNode& item, ElementForm form, std::vector<Located<std::string>>& out) {
  if (item.kind == YamlNode::Kind::Sequence || item.kind == YamlNode::Kind::Mapping) {
    reading.error("wrong-type", reading.span(item), "a value must be text, not " + std::string(kind_name(item.kind)),
                  "put it in double quotes");
    return false;
  }
  if (item.kind == YamlNode::Kind::Null) {
    report_empty(reading, item);
    return false;
  }
  const std::optional<ExpandedText> text = expand(reading, item);
  if (!text) return false;
  const std::size_t before = out.size();
  if (form == ElementForm::Text) {
    if (!text->text().empty()) out.push_back(whole(reading, item, *text));
  } else {
    for (Located<std::string>& piece : split(reading, *text)) out.push_back(std::move(piece));
  }
  if (out.size() > before) return true;
  report_empty(reading, item);
  return false;
}

}  // namespace

ReadValues read_values(Reading& reading, const YamlNode& list, ElementForm form) {
  ReadValues out;
  const YamlNode* items = reading.container(list, "values", YamlNode::Kind::Sequence);
  if (!items) return {{}, false};
  for (const YamlNode& item : items->items) {
    if (reading.full()) return {{}, false};
    if (!read_element(reading, item, form, out.values)) out.complete = false;
  }
  if (items->items.empty()) {
    reading.error("empty-values", reading.span(list), "`values` lists nothing", "add a value or remove the filter");
    out.complete = false;
  }
  return out;
}

}  // namespace burin
