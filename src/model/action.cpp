#include "model/action.h"

#include <charconv>
#include <utility>

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

std::optional<RateKey> rate_key_named(std::string_view text) {
  RateKey out;
  if (text == "binary") return out;
  for (const auto& [word, subject] : {std::pair<std::string_view, RateKey::Subject>{"arg", RateKey::Subject::Args},
                                      {"data", RateKey::Subject::Data}}) {
    if (!text.starts_with(word)) continue;
    const std::string_view rest = text.substr(word.size());
    const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), out.position);
    if (ec != std::errc()) return std::nullopt;
    const std::string_view member = rest.substr(static_cast<std::size_t>(end - rest.data()));
    if (!member.empty() && (member.front() != '.' || member.size() == 1)) return std::nullopt;
    out.subject = subject;
    if (!member.empty()) out.member = member.substr(1);
    return out;
  }
  return std::nullopt;
}

bool keyed_by_source_port(const RateLimit& limit) {
  if (limit.keys.empty()) return true;
  for (const auto& name : limit.keys) {
    const auto key = rate_key_named(name);
    if (key && key->subject == RateKey::Subject::Args && (key->member.empty() || key->member == "sport")) return true;
  }
  return false;
}

bool performed_in_user_space(ActionKind kind) {
  return kind == ActionKind::GetUrl || kind == ActionKind::DnsLookup;
}

bool enforces(ActionKind kind) {
  const Row* row = row_of(kind);
  return row && row->enforces;
}

}  // namespace burin
