#include "codegen/actions.h"

#include <algorithm>

namespace burin {
namespace {

/// What one action does, as C statements; one function an action kind.
std::string signal_text(std::uint32_t signal) {
  return "    if (burin_signal(" + std::to_string(signal) + ") == 0) burin_count(slots + BURIN_SIGNALED);\n";
}

std::string text_of(const Action& action, const PlannedHook&, SelectorSupport& support) {
  if (support.monitor && enforces(action.kind)) return "    burin_count(slots + BURIN_MONITORED);\n";
  switch (action.kind) {
    case ActionKind::Post: return {};
    case ActionKind::NoPost: return "    post = 0;\n";
    case ActionKind::Sigkill: return signal_text(9);
    case ActionKind::Signal: return signal_text(action.signal);
    case ActionKind::Override:
    case ActionKind::GetUrl:
    case ActionKind::DnsLookup:
    case ActionKind::TrackSock:
    case ActionKind::UntrackSock:
    case ActionKind::NotifyEnforcer:
    case ActionKind::CleanupEnforcerNotification:
    case ActionKind::Set: break;
  }
  return {};
}

}  // namespace

std::vector<GeneratedLine> action_lines(const PlannedHook& hook, const PlannedSelector& selector, std::size_t index,
                                        bool at_return, SelectorSupport& support) {
  std::vector<GeneratedLine> out;
  const auto& actions = at_return ? selector.return_actions : selector.actions;
  for (const auto& action : actions) {
    const std::string about = "selector " + std::to_string(index) + ", " + std::string(to_string(action.kind));
    for (auto& l : lines_at(text_of(action, hook, support), action.span.line ? action.span : selector.span, about))
      out.push_back(std::move(l));
    out.push_back({std::string("    ") + (at_return ? "return_action" : "action") + " = " +
                       std::to_string(static_cast<int>(action.kind)) + ";",
                   action.span.line ? action.span : selector.span, about});
  }
  return out;
}

}  // namespace burin
