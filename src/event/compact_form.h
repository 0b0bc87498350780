// How a probe's manifest says what its compact line shows: text with {N}, {N.field} and {N|form} in it.
#pragma once
#include <string>
#include <string_view>

#include "event/json_node.h"
#include "model/probe_catalog.h"

namespace burin {

/// `format` with each placeholder replaced by what args[N] of the event holds. A field that is known but not printed
/// (protobuf leaves zeros out) is "0" or empty; an argument of another type, or a field that it does not have, is "?".
/// `complete` becomes false when the event has no args[N] at all. `args` is the event's array, or null.
std::string format_compact(std::string_view format, const JsonNode* args, bool bracket_ipv6, bool& complete);

/// The variant whose argument has its value, or null.
const CompactVariant* matching_variant(const CompactForm& form, const JsonNode* args);

/// `address` in brackets when it is an IPv6 one and that is wanted; else as it is.
std::string shown_address(std::string address, bool bracket_ipv6);

}  // namespace burin
