// What a selector does when it matches.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_span.h"

namespace burin {

/// The numbers are Tetragon's KprobeAction; they travel in records and are printed by name.
enum class ActionKind : std::uint16_t {
  Post = 1,
  Sigkill = 3,
  Override = 5,
  GetUrl = 7,
  DnsLookup = 8,
  NoPost = 9,
  Signal = 10,
  TrackSock = 11,
  UntrackSock = 12,
  NotifyEnforcer = 13,
  CleanupEnforcerNotification = 14,
  Set = 15,
};
/// "Post" ..., as a policy writes it.
std::string_view to_string(ActionKind kind);
/// "KPROBE_ACTION_POST" ..., as events have it; empty for a number that is no action.
std::string_view action_event_name(std::uint16_t action);
/// Nothing when there is no such action.
std::optional<ActionKind> action_named(std::string_view name);
/// Every action, in the order of the reference page.
const std::vector<ActionKind>& all_actions();
/// True for what the daemon performs when the event arrives: GetUrl, DnsLookup.
bool performed_in_user_space(ActionKind kind);
/// True for what changes the traced process's fate: counted but not done in monitor mode.
bool enforces(ActionKind kind);

/// Post's `rateLimit`: after an event that was sent, equal ones are suppressed (and counted) for this long.
struct RateLimit {
  enum class Scope { Thread, Process, Global };
  std::uint64_t window_ns = 0;
  Scope scope = Scope::Thread;
  /// burin's `rateLimitKeys`: what makes two events equal, as "binary", "arg0", "arg0.daddr", "arg0.dport" ... Empty:
  /// all arguments whole, as in Tetragon.
  std::vector<std::string> keys;
};

/// One of RateLimit::keys, taken apart.
struct RateKey {
  enum class Subject { Binary, Args, Data };
  Subject subject = Subject::Binary;
  std::size_t position = 0;  ///< in Hook::args or Hook::data
  /// "saddr", "daddr", "sport", "dport", "family", "protocol" of a sock or skb; "addr", "port", "family" of a sockaddr;
  /// empty: the whole value.
  std::string member;
};
/// Nothing when `text` is not of the form "binary", "arg0", "data0" or "arg0.daddr".
std::optional<RateKey> rate_key_named(std::string_view text);
/// True when the source port of a sock is (part of) what makes two events equal.
bool keyed_by_source_port(const RateLimit& limit);

/// One entry of `matchActions:` or `matchReturnActions:`.
struct Action {
  ActionKind kind = ActionKind::Post;
  std::optional<RateLimit> rate_limit;                   ///< Post
  bool kernel_stack = false;                             ///< Post
  bool user_stack = false;                               ///< Post
  bool ima_hash = false;                                 ///< Post, lsm hooks
  std::int32_t error = 0;                                ///< Override, NotifyEnforcer: argError, 0 or negative
  std::uint32_t signal = 0;                              ///< Signal, NotifyEnforcer: argSig
  std::size_t sock_position = 0;                         ///< TrackSock, UntrackSock: position in Hook::args of argSock
  std::string target;                                    ///< GetUrl: argUrl; DnsLookup: argFqdn
  std::uint32_t set_index = 0;                           ///< Set: argIndex, position in Hook::args
  std::uint32_t set_value = 0;                           ///< Set: argValue
  std::vector<std::string> registers;                    ///< Override on uprobes: argRegs
  std::string new_symbol;                                ///< Override on uprobes: argNewSymbol
  std::optional<std::uint64_t> new_address, new_offset;  ///< Override on uprobes: argNewAddr, argNewOffset
  SourceSpan span;
};

}  // namespace burin
