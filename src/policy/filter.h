// One filter on captured values: an entry of matchArgs, matchData or matchReturnArgs.
#pragma once
#include <optional>
#include <string_view>

#include "policy/selector.h"

namespace burin {

/// Reads one entry, its values checked by the operator itself; `key` names the list. Nothing when it was reported.
std::optional<ArgFilter> read_arg_filter(Reading&, const YamlNode& value, std::string_view key, const SelectorContext&);
std::optional<ArgFilter> read_data_filter(Reading&, const YamlNode& value, std::string_view key,
                                          const SelectorContext&);
std::optional<ArgFilter> read_return_filter(Reading&, const YamlNode& value, std::string_view key,
                                            const SelectorContext&);
const ObjectDoc& arg_filter_object();

}  // namespace burin
