// What is known of one recorded event when a policy is tested on it. Two sources: the event's JSON line, and the event
// as a replay decodes it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "event/json_node.h"
#include "model/event.h"
#include "model/hook_plan.h"
#include "model/value.h"

namespace burin {

/// An event that is one of a hook's. Everything may be unknown: a record does not say all that the kernel knew.
class Evidence {
 public:
  /// A captured value.
  struct Seen {
    std::optional<Value> value;
    std::string text;  ///< as people read it; without a value: why there is none
  };
  virtual ~Evidence() = default;
  /// "tcp_connect", "subsystem:event", "path:symbol".
  virtual std::string hook() const = 0;
  /// The value that the policy under test calls `planned` and has at `position` of its args or data.
  virtual Seen value(Subject subject, std::size_t position, const PlannedArg& planned) const = 0;
  /// What the process (or its parent) runs; empty: not known.
  virtual std::string binary(bool parent) const = 0;
  virtual std::optional<std::uint64_t> pid() const = 0;
  virtual std::optional<std::uint64_t> namespace_of(NamespaceKind kind) const = 0;
  virtual std::optional<std::uint64_t> capabilities(CapabilitySet set) const = 0;
};

/// Null when the event is not one of the hook's. Both arguments must outlive the evidence.
std::unique_ptr<Evidence> evidence_of(const PlannedHook& hook, const JsonNode& event);
std::unique_ptr<Evidence> evidence_of(const PlannedHook& hook, const Event& event);

/// Whose mapping an event of `loader` tells.
struct Load {
  std::string binary;
  std::uint64_t pid = 0;
};
/// Nothing when the event is another one.
std::optional<Load> load_of(const JsonNode& event);
std::optional<Load> load_of(const Event& event);

/// The function without the prefix that tells a machine's syscall wrappers: "sys_openat".
std::string_view without_syscall_prefix(std::string_view function);

}  // namespace burin
