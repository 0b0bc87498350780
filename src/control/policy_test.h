// Which recorded events would match which selector of a policy, and why not: the policy evaluated by its operators'
// reference meaning, without a kernel.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source_span.h"
#include "model/event.h"
#include "model/hook_plan.h"

namespace burin {

enum class Truth : std::uint8_t { No, Yes, Unknown };
/// "no", "yes", "unknown".
std::string_view to_string(Truth truth);

struct SelectorVerdict {
  std::size_t selector = 0;
  std::string label;
  Truth truth = Truth::Yes;
  std::string reason;  ///< No: the first filter that fails and the value it saw; Unknown: what the record does not say
  SourceSpan span;     ///< of that filter; of the selector when it matches
};

struct EventVerdict {
  std::string hook;  ///< function, "subsystem:event", "path:symbol"
  SourceSpan hook_span;
  std::string binary;
  std::uint32_t pid = 0;
  /// Yes: `selector` is the one that matches. Unknown: an earlier one, or this, cannot be decided.
  Truth truth = Truth::No;
  std::optional<std::size_t> selector;
  std::vector<std::string> actions;        ///< of that selector
  std::vector<SelectorVerdict> selectors;  ///< in order, up to the one that decides
};

/// One recorded event line against every hook of the plan that it can be of; empty when it is of none. Error{Io} when
/// the line is no JSON object.
Result<std::vector<EventVerdict>> test_event(const HookPlan& plan, std::string_view line);
/// The same for an event of a replay: its values as the kernel sent them, found by what they are, not by position.
std::vector<EventVerdict> test_event(const HookPlan& plan, const Event& event);

}  // namespace burin
