// What the process table asks of /proc, as an argument: a replay answers from a recording.
#pragma once
#include <cstdint>
#include <filesystem>

namespace burin {

struct SeedProcess;

/// Used by the thread that owns the process table.
class ProcView {
 public:
  virtual ~ProcView() = default;
  /// One process as it is now; false when it is gone (`out` then means nothing).
  virtual bool scan(std::uint32_t tgid, SeedProcess& out) = 0;
  /// Whether a process of that id is there.
  virtual bool exists(std::uint32_t tgid) = 0;
};

/// A folder of /proc's form.
class ProcFolder : public ProcView {
 public:
  explicit ProcFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  bool scan(std::uint32_t tgid, SeedProcess& out) override;
  bool exists(std::uint32_t tgid) override;

 private:
  std::filesystem::path folder_;
};

}  // namespace burin
