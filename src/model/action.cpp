#include "model/action.h"

namespace burin {
namespace {

struct Row {
  ActionKind kind;
  std::string_view name, event_name;
  bool enforces;
};

constexpr Row kRows[] = {
    {ActionKind::Post, "Post", "KPROBE_ACTION_POST", false},
    {ActionKind::NoPost, "NoPost", "KPROBE_ACTION_NOPOST", false},
    {ActionKind::Sigkill, "Sigkill", "KPROBE_ACTION_SIGKILL", true},
    {ActionKind::Signal, "Signal", "KPROBE_ACTION_SIGNAL", true},
    {ActionKind::Override, "Override", "KPROBE_ACTION_OVERRIDE", true},
    {ActionKind::TrackSock, "TrackSock", "KPROBE_ACTION_TRACKSOCK", false},
    {ActionKind::UntrackSock, "UntrackSock", "KPROBE_ACTION_UNTRACKSOCK", false},
    {ActionKind::GetUrl, "GetUrl", "KPROBE_ACTION_GETURL", false},
    {ActionKind::DnsLookup, "DnsLookup", "KPROBE_ACTION_DNSLOOKUP", false},
    {ActionKind::NotifyEnforcer, "NotifyEnforcer", "KPROBE_ACTION_NOTIFYENFORCER", true},
    {ActionKind::CleanupEnforcerNotification, "CleanupEnforcerNotification",
     "KPROBE_ACTION_CLEANUPENFORCERNOTIFICATION", false},
    {ActionKind::Set, "Set", "KPROBE_ACTION_SET", true},
};

const Row* row_of(ActionKind kind) {
  for (const Row& row : kRows)
    if (row.kind == kind) return &row;
  return nullptr;
}

}  // namespace

std::string_view to_string(ActionKind kind) {
  const Row* row = row_of(kind);
  return row ? row->name : "?";
}

std::string_view action_event_name(std::uint16_t action) {
  const Row* row = row_of(static_cast<ActionKind>(action));
  return row ? row->event_name : std::string_view();
}

std::optional<ActionKind> action_named(std::string_view name) {
  for (const Row& row : kRows)
    if (row.name == name) return row.kind;
  return std::nullopt;
}

const std::vector<ActionKind>& all_actions() {
  static const std::vector<ActionKind> all = [] {
    std::vector<ActionKind> out;
    for (const Row& row : kRows) out.push_back(row.kind);
    return out;
  }();
  return all;
}

bool performed_in_user_space(ActionKind kind) {
  return kind == ActionKind::GetUrl || kind == ActionKind::DnsLookup;
}

bool enforces(ActionKind kind) {
  const Row* row = row_of(kind);
  return row && row->enforces;
}

}  // namespace burin
