// The `values:` list of a filter, expanded and split, each value with its place.
#pragma once
#include <string>
#include <vector>

#include "model/policy.h"
#include "policy/reading.h"

namespace burin {

/// How one element of the list becomes values.
enum class ElementForm {
  List,  ///< addresses, ports, numbers, names: one element may hold several, separated by spaces or commas
  Text,  ///< paths and strings: one element is one value
};

/// Reads the list; reports elements that are no text, are empty, or expand to nothing ("empty-value"). `complete` is
/// false when at least one element was reported.
struct ReadValues {
  std::vector<Located<std::string>> values;
  bool complete = true;
};
ReadValues read_values(Reading& reading, const YamlNode& list, ElementForm form);

}  // namespace burin
