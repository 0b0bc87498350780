// Gives the files that an exec maps to the new program. The kernel maps the program and its interpreter before it tells
// of the exec, so by the stamps alone they would belong to the image that is being replaced.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

namespace burin {

/// Behind the reorder window: takes records in order of their stamps. Not thread-safe; owned by the pipeline thread.
class ExecGate {
 public:
  /// Gets each record that may be decoded now; the bytes are valid during the call only.
  using Release = std::function<void(std::uint32_t cpu, std::span<const std::byte> bytes)>;

  /// Lets a record through, except: a kHookImage record ends here, and the kHookLoad records of its process wait until
  /// the exec record of the process went through (or its exit, when the exec failed half-way).
  void pass(std::uint32_t cpu, std::span<const std::byte> bytes, const Release& release);
  /// Releases what waits since before this monotonic ns: the exec record was lost.
  void expire(std::uint64_t before, const Release& release);
  /// Releases all that waits.
  void flush(const Release& release);

  /// Processes whose exec record is awaited.
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Record {
    std::uint32_t cpu = 0;
    std::vector<std::byte> bytes;
  };
  struct Waiting {
    std::uint64_t since = 0;
    std::vector<Record> records;
  };
  void open(std::uint32_t tgid, const Release& release);

  std::unordered_map<std::uint32_t, Waiting> waiting_;  ///< by tgid
};

}  // namespace burin
