// args[] elements of a recorded event back into the values that filters look at: the other direction of
// encode_value.cpp.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "event/json_node.h"
#include "model/value.h"

namespace burin {

/// The member of an args[] element that holds the value (the other one is "label"): its key and the value. Null when
/// there is none.
const std::pair<std::string, JsonNode>* argument_member(const JsonNode& argument);

/// The value as it was before it became JSON. Nothing when the JSON cannot say it: a text that was not UTF-8 (U+FFFD
/// stands in its place), a kind that no filter looks at (credentials, modules, BPF and perf objects), or no argument
/// at all.
std::optional<Value> parse_argument(const JsonNode& argument);

}  // namespace burin
