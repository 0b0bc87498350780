// Records in order -> finished events: decoder, process table, what is left to do for an event, its number and its
// line. The same for a live run and for a replay: everything that depends on the moment comes in by arguments or is
// asked of the surroundings.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/follow_up.h"
#include "control/surroundings.h"
#include "event/decoder.h"
#include "event/process_table.h"
#include "model/event.h"

namespace burin {

/// Not thread-safe.
class EventMaker {
 public:
  /// `world` is borrowed. `expose_addresses`: stacks with addresses.
  EventMaker(std::string node_name, WallClock::Offsets clock, Surroundings& world, bool expose_addresses);

  /// From now on times are converted with these.
  void set_clock(WallClock::Offsets offsets) { clock_.set(offsets); }
  /// Whether the surroundings are asked which events to hide.
  void set_hiding(bool on) { hiding_ = on; }
  /// Error{Internal}: its records cannot be decoded safely.
  Result<> add_hook(HookInfoPtr hook);
  /// The processes that were there before become the first events.
  void seed(const std::vector<SeedProcess>& processes);
  /// Looks at a record that has arrived and will be handed to record() later; may complete it.
  void arrived(std::span<std::byte> record) { follow_up_.arrived(record); }
  /// Malformed and UnknownHook: the caller says so with a gap.
  DecodeStatus record(std::uint32_t cpu, std::span<const std::byte> bytes);
  void gap(LossReason reason, std::uint32_t cpu, std::uint64_t count, std::uint64_t mono_ns);

  /// The events made since the last call.
  std::vector<EventPtr> take();
  /// Events made so far, which is the number of the last one.
  std::uint64_t made() const { return next_seq_ - 1; }
  /// Data records of arguments whose event never came.
  std::uint64_t data_dropped() const { return decoder_.data_dropped(); }
  const ProcessTable& processes() const { return processes_; }

 private:
  void publish(Event event);

  const std::string node_name_;
  Surroundings& world_;
  WallClock clock_;
  FollowUp follow_up_;
  ProcessTable processes_;
  Decoder decoder_;
  std::vector<EventPtr> ready_;
  std::uint64_t next_seq_ = 1;
  bool hiding_ = false;
};

}  // namespace burin
