// Actions -> C statements that run in the branch of the selector that matched; one file a kind in codegen/actions/.
#pragma once
#include <string>
#include <vector>

#include "codegen/selectors.h"
#include "codegen/template.h"
#include "model/hook_plan.h"

namespace burin {

/// Where an action's statements stand.
struct ActionSite {
  const PlannedHook& hook;
  const PlannedSelector& selector;
  /// C expressions of the process and thread that the event belongs to.
  std::string tgid, tid;
  bool at_return = false;
  SelectorSupport& support;
};

/// Statements for the selector's actions, at the entry (`actions`) or at the return (`return_actions`). They may use
/// `r`, `s`, `ctx`, `slots` (first counter slot of this hook), and set `action`, `post`, `wants`, `result`.
std::vector<GeneratedLine> action_lines(const ActionSite& site, std::size_t index);

// One of these a kind: the statements, each line indented by four spaces. What an action did not do is counted and said
// in the record; `action` becomes what was done, or what monitor mode left undone.
std::string post_text(const Action& action, const ActionSite& site);
std::string signal_text(std::uint32_t signal);
std::string override_text(const Action& action, const ActionSite& site);
std::string track_sock_text(const Action& action, const ActionSite& site);
std::string untrack_sock_text(const Action& action, const ActionSite& site);
std::string notify_enforcer_text(const Action& action, const ActionSite& site);
std::string cleanup_enforcer_text(const ActionSite& site);
std::string set_text(const Action& action, const ActionSite& site);

/// Declares the maps and functions of the actions that the unit uses.
Result<> add_action_support(const SelectorSupport& support, UnitText& text);

/// Statements of a hook's `returnArgAction` (TrackSock or UntrackSock of the returned sock); empty when it has none.
std::string return_arg_action_text(const PlannedHook& hook, SelectorSupport& support);
/// Statements that make the record `r` belong to the owner of its sock, behind burin_fill_head; empty when the hook has
/// no sock.
std::string attribution_text(const PlannedHook& hook);

}  // namespace burin
