// What is left to do for an event when it was decoded: names for its stacks, and the actions that only user space can
// do.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "control/surroundings.h"
#include "model/event.h"

namespace burin {

/// Belongs to the pipeline's thread.
class FollowUp {
 public:
  /// `world` is borrowed; without `expose_addresses` events say no kernel or program addresses.
  FollowUp(Surroundings& world, bool expose_addresses) : world_(world), expose_addresses_(expose_addresses) {}

  void add_hook(const HookInfo& hook);
  /// Looks at a record that has just arrived and will be decoded later, when its process may be gone. A load without
  /// build id gets that of the file.
  void arrived(std::span<std::byte> record);
  /// True when the event is to be published.
  bool finish(Event& event);

 private:
  bool perform(const std::vector<std::vector<NetworkAction>>& by_selector, const Event& event);

  Surroundings& world_;
  const bool expose_addresses_;
  std::unordered_map<HookId, std::uint32_t> user_stacks_;  ///< offset of the field that names the user stack
};

}  // namespace burin
