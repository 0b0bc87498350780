// Which file has which action.
#include "codegen/actions.h"

#include <algorithm>

namespace burin {
namespace {

bool any_in_user_space(const std::vector<Action>& actions) {
  return std::ranges::any_of(actions, [](const Action& a) { return performed_in_user_space(a.kind); });
}

/// An event that only carries an action to the daemon is sent and not published.
std::string no_post_text(const ActionSite& site) {
  const auto& actions = site.at_return ? site.selector.return_actions : site.selector.actions;
  return any_in_user_space(actions) ? "    r->head.flags |= 64; /* kHeadSilent */\n" : "    post = 0;\n";
}

std::string text_of(const Action& action, const ActionSite& site) {
  if (site.support.monitor && enforces(action.kind))
    return "    burin_count(slots + BURIN_MONITORED);\n    r->head.flags |= 8; /* kHeadMonitored */\n";
  switch (action.kind) {
    case ActionKind::Post: return post_text(action, site);
    case ActionKind::NoPost: return no_post_text(site);
    case ActionKind::Sigkill: return signal_text(9);
    case ActionKind::Signal: return signal_text(action.signal);
    case ActionKind::Override: return override_text(action, site);
    case ActionKind::TrackSock: return track_sock_text(action, site);
    case ActionKind::UntrackSock: return untrack_sock_text(action, site);
    case ActionKind::NotifyEnforcer: return notify_enforcer_text(action, site);
    case ActionKind::CleanupEnforcerNotification: return cleanup_enforcer_text(site);
    case ActionKind::Set: return set_text(action, site);
    case ActionKind::GetUrl:
    case ActionKind::DnsLookup: break;  // the daemon's, when the event arrives
  }
  return {};
}

}  // namespace

Result<> add_action_support(const SelectorSupport& support, UnitText& text) {
  if (support.next_rate) TRY_OK(text.add_template("rate.h", {}));
  if (support.owners) TRY_OK(text.add_template("owner.h", {}));
  if (support.enforcer) TRY_OK(text.add_template("enforcer.h", {}));
  return Ok{};
}

std::vector<GeneratedLine> action_lines(const ActionSite& site, std::size_t index) {
  std::vector<GeneratedLine> out;
  const auto& actions = site.at_return ? site.selector.return_actions : site.selector.actions;
  for (const auto& action : actions) {
    const std::string about = "selector " + std::to_string(index) + ", " + std::string(to_string(action.kind));
    const SourceSpan& span = action.span.line ? action.span : site.selector.span;
    for (auto& l : lines_at(text_of(action, site), span, about)) out.push_back(std::move(l));
    out.push_back({std::string("    ") + (site.at_return ? "return_action" : "action") + " = " +
                       std::to_string(static_cast<int>(action.kind)) + ";",
                   span, about});
  }
  return out;
}

}  // namespace burin
