// Values that are too long for one record (maxData): their bytes come in data records before the event that names them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "model/record.h"

namespace burin {

/// What may wait for its event. A value whose event never comes (lost, or decided at the return of its function and not
/// reported) goes when younger ones need the room.
struct DataLimits {
  std::size_t max_bytes = 16U << 20;
  std::size_t max_values = 1024;
};

/// Not thread-safe; owned by the decoder. Values of different events may come interleaved; the records of one value
/// come in their order, unless some were lost.
class DataGatherer {
 public:
  explicit DataGatherer(DataLimits limits = {}) : limits_(limits) {}

  /// Keeps what a data record brings; `record` ends where its head says. False when it is damaged. What comes behind a
  /// gap is not kept: the loss was counted where it happened.
  bool add(std::span<const std::byte> record);
  /// The bytes of a value from its beginning up to the first one that is missing, at most `bytes`; forgets them.
  std::string take(HookId hook, std::uint64_t group, std::size_t bytes);
  /// Forgets all values of a hook.
  void forget(HookId hook);

  std::size_t held_bytes() const { return held_; }
  /// Values that went because of the limits, or because another one has their number.
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Key = std::pair<HookId, std::uint64_t>;
  struct Value {
    Key key;
    std::string bytes;
    bool broken = false;  ///< something is missing behind `bytes`
  };
  using Values = std::list<Value>;
  void drop(Values::iterator value);
  void make_room();

  const DataLimits limits_;
  Values values_;  ///< oldest first
  std::map<Key, Values::iterator> by_key_;
  std::size_t held_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace burin
