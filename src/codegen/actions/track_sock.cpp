// TrackSock and UntrackSock: who owns a sock, and whose event it then is.
#include "codegen/actions.h"
#include "types/arg_type.h"

namespace burin {
namespace {

bool is_sock(const PlannedArg& arg) {
  const ArgType* type = find_type(arg.type);
  return arg.field != kNone && type && type->type_class == TypeClass::Socket;
}

std::string track(const std::string& field) {
  return "    burin_track_sock(" + field + ".cookie);\n";
}
std::string untrack(const std::string& field) {
  return "    burin_untrack_sock(" + field + ".cookie);\n";
}

}  // namespace

std::string track_sock_text(const Action& action, const ActionSite& site) {
  site.support.owners = true;
  return track(field_of(site.hook, site.hook.args[action.sock_position]));
}

std::string untrack_sock_text(const Action& action, const ActionSite& site) {
  site.support.owners = true;
  return untrack(field_of(site.hook, site.hook.args[action.sock_position]));
}

std::string return_arg_action_text(const PlannedHook& hook, SelectorSupport& support) {
  if (!hook.return_arg_action || !hook.return_arg) return {};
  support.owners = true;
  const std::string field = field_of(hook, *hook.return_arg);
  return *hook.return_arg_action == ActionKind::TrackSock ? track(field) : untrack(field);
}

std::string attribution_text(const PlannedHook& hook) {
  std::string out;
  for (const auto& arg : hook.args)
    if (is_sock(arg) && !arg.return_copy) out += "  burin_attribute(&r->head, " + field_of(hook, arg) + ".cookie);\n";
  return out;
}

}  // namespace burin
