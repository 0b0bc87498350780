// Raw records -> events, driven by record layouts. Owned by the pipeline thread.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "event/process_table.h"
#include "model/event.h"
#include "model/record.h"

namespace burin {

enum class DecodeStatus {
  Event,      ///< an event to publish
  Silent,     ///< understood, nothing to publish (clone)
  Malformed,  ///< shorter than its layout, or a tail out of bounds
  UnknownHook,
};

/// Not thread-safe.
class Decoder {
 public:
  explicit Decoder(ProcessTable& processes, const WallClock& clock) : processes_(processes), clock_(clock) {}
  void add_hook(HookInfoPtr hook);
  void remove_hook(HookId id);

  /// Decodes one record into `out` (without seq and line). Never allocates an Error; statuses are counted by the caller.
  DecodeStatus decode(std::uint32_t cpu, std::span<const std::byte> record, Event& out);

 private:
  ProcessTable& processes_;
  const WallClock& clock_;
  std::unordered_map<HookId, HookInfoPtr> hooks_;
};

}  // namespace burin
