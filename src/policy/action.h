// One action of a selector with its arguments.
#pragma once
#include <optional>

#include "model/action.h"
#include "policy/selector.h"

namespace burin {

/// Reads an entry of matchActions (or, `at_return`, of matchReturnActions); `key` names the list. Nothing when it was
/// reported.
std::optional<Action> read_action(Reading&, const YamlNode& value, std::string_view key, const SelectorContext& context,
                                  bool at_return);
const ObjectDoc& action_object();

/// One line for the reference.
std::string_view action_summary(ActionKind kind);
/// The arguments that mean something to an action, in the reference's order.
std::vector<std::string_view> action_arguments(ActionKind kind);

/// "5", "5s", "5m", "5h" as nanoseconds; nothing when it is none of these or more than 2^32 seconds.
std::optional<std::uint64_t> rate_window_ns(std::string_view text);

}  // namespace burin
