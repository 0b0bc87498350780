// What actions are and take, and how times are written: no reading here.
#include <charconv>
#include <limits>

#include "policy/action.h"

namespace burin {

std::optional<std::uint64_t> rate_window_ns(std::string_view text) {
  std::uint64_t unit = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 's':
      case 'S': text.remove_suffix(1); break;
      case 'm':
      case 'M': unit = 60, text.remove_suffix(1); break;
      case 'h':
      case 'H': unit = 3600, text.remove_suffix(1); break;
      default: break;
    }
  }
  std::uint32_t count = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || problem != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  const std::uint64_t seconds = count * unit;
  if (seconds > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return seconds * 1'000'000'000ULL;
}

std::string_view action_summary(ActionKind kind) {
  switch (kind) {
    case ActionKind::Post: return "send the event";
    case ActionKind::NoPost: return "send no event; other actions still run";
    case ActionKind::Sigkill: return "kill the calling process";
    case ActionKind::Signal: return "send a signal to the calling process";
    case ActionKind::Override: return "let the call return an error instead of doing it";
    case ActionKind::TrackSock: return "remember the calling process as the sock's owner";
    case ActionKind::UntrackSock: return "forget the sock's owner";
    case ActionKind::GetUrl: return "fetch a URL, to be noticed there";
    case ActionKind::DnsLookup: return "look up a name, to be noticed by its server";
    case ActionKind::NotifyEnforcer: return "let the enforcer stop the calling task's next listed call";
    case ActionKind::CleanupEnforcerNotification: return "take NotifyEnforcer back";
    case ActionKind::Set: return "write a number through a usdt's pointer argument";
  }
  return {};
}

std::vector<std::string_view> action_arguments(ActionKind kind) {
  switch (kind) {
    case ActionKind::Post:
      return {"rateLimit", "rateLimitScope", "rateLimitKeys", "kernelStackTrace", "userStackTrace", "imaHash"};
    case ActionKind::Override: return {"argError", "argRegs", "argNewSymbol", "argNewAddr", "argNewOffset"};
    case ActionKind::Signal: return {"argSig"};
    case ActionKind::NotifyEnforcer: return {"argError", "argSig"};
    case ActionKind::TrackSock:
    case ActionKind::UntrackSock: return {"argSock"};
    case ActionKind::GetUrl: return {"argUrl"};
    case ActionKind::DnsLookup: return {"argFqdn"};
    case ActionKind::Set: return {"argIndex", "argValue"};
    case ActionKind::Sigkill:
    case ActionKind::NoPost:
    case ActionKind::CleanupEnforcerNotification: break;
  }
  return {};
}

}  // namespace burin
