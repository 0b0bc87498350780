// Puts records of several CPUs into one order of time. Each CPU's ring is in order by itself, but the rings are read
// one after another; a process table fed out of order would see an exec before its clone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace burin {

/// Not thread-safe; owned by the pipeline thread.
class ReorderWindow {
 public:
  /// One record as it lies in the caller's buffer. The stamp is wire::Head::ktime.
  struct Record {
    std::uint32_t cpu = 0;
    std::span<const std::byte> bytes;
  };
  /// Gets each released record; the bytes are valid during the call only.
  using Release = std::function<void(std::uint32_t cpu, std::span<const std::byte> bytes)>;

  /// Releases, in order of their stamps, everything stamped before `complete_until` (monotonic ns: no older record will
  /// come) and keeps copies of the rest for the next call. Equal stamps keep the order in which they came. A record
  /// that is older than one released before is released at once and counted by late(). A record too short to have a
  /// stamp is released first: the decoder counts it.
  void push(std::span<const Record> batch, std::uint64_t complete_until, const Release& release);
  /// Releases all that is kept, in order.
  void flush(const Release& release);

  std::size_t held() const { return held_.size(); }
  std::uint64_t late() const { return late_; }

 private:
  struct Item {
    std::uint64_t ktime = 0;
    std::size_t seq = 0;  ///< arrival, breaks ties
    std::uint32_t cpu = 0;
    std::span<const std::byte> bytes;
  };
  struct Held {
    std::uint64_t ktime = 0;
    std::size_t offset = 0;  ///< into bytes_
    std::size_t size = 0;
    std::uint32_t cpu = 0;
  };
  void keep(std::span<const Item> items);

  std::vector<Held> held_;        ///< sorted
  std::vector<std::byte> bytes_;  ///< of held_
  std::vector<std::byte> spare_;  ///< the other buffer, reused in turns
  std::vector<Item> items_;       ///< scratch of push()
  std::uint64_t released_until_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace burin
