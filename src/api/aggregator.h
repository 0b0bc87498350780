// Equal events of one client's stream become one line with a count: aggregation keyed by process and tuple.
#pragma once
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/event.h"

namespace burin {

/// Ports that the kernel gives to sockets that ask for none (net.ipv4.ip_local_port_range).
struct EphemeralPorts {
  std::uint16_t first = 32768, last = 60999;  ///< the kernel's defaults
};
/// That of this network namespace, or the defaults.
EphemeralPorts ephemeral_ports();

/// What makes two events of hooks equal: all that the line says but the time, the thread, stacks, the address of the
/// sock and, of a connection's two ports, the ephemeral one (the source's if both are). Text for comparison only; empty
/// for events that are never aggregated (exec, exit, loader, gaps).
std::string aggregation_key(const Event& event, EphemeralPorts ephemeral);

/// Not thread-safe: one belongs to one stream.
class Aggregator {
 public:
  /// `window_ns`: how long after its first event a group takes more. A group beyond `max_groups` ends the oldest one
  /// before its time.
  explicit Aggregator(std::uint64_t window_ns, EphemeralPorts ephemeral, std::size_t max_groups = 4096);

  /// Takes the event when it is of a kind that is aggregated; false: it is to be sent as it is. `out` gets the lines of
  /// groups that end before it.
  bool take(const EventPtr& event, bool compat, std::string& out);
  /// Appends the lines of groups whose window ended before `mono_ns`, in the order of their first events.
  void end_before(std::uint64_t mono_ns, bool compat, std::string& out);
  /// Appends the lines of all groups.
  void end_all(bool compat, std::string& out);
  /// Lines appended so far.
  std::uint64_t lines() const { return lines_; }

 private:
  struct Group {
    std::string key;
    EventPtr first, last;
    std::uint64_t count = 1;
  };
  void end_oldest(bool compat, std::string& out);

  const std::uint64_t window_ns_;
  const EphemeralPorts ephemeral_;
  const std::size_t max_groups_;
  std::list<Group> groups_;  ///< oldest first
  std::unordered_map<std::string_view, std::list<Group>::iterator> by_key_;
  std::uint64_t lines_ = 0;
};

}  // namespace burin
