// Writes a raw recording (`burin run --record-raw FILE`). A recording that cannot be written on ends there; tracing
// does not.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "recording/frames.h"

namespace burin {

struct RecorderCounters {
  std::uint64_t bytes = 0;    ///< written to the file
  std::uint64_t records = 0;  ///< raw records among them
  std::uint64_t missing = 0;  ///< raw records that came after the file could not be written any more
};

/// One thread writes; counters() may be called by any.
class Recorder {
 public:
  /// Makes the file, or empties one that is there: readable and writable by its owner only (0600). Error{Io} or
  /// {PermissionDenied}: a symbolic link, no regular file, somebody else's, with several names, or not writable.
  static Result<std::unique_ptr<Recorder>> open(const std::filesystem::path& path);

  /// Begins a recording, or begins it again: what was written before goes. Error{Io}.
  Result<> begin(const HeadFrame& head);
  /// Keeps the frame for the next flush, or writes it when many have come together.
  void write(const Frame& frame);
  /// Writes what is kept. Error{Io}, once, when that failed now or in a write() before: from then on nothing is
  /// written, and counted instead.
  Result<> flush();

  const std::filesystem::path& path() const { return path_; }
  RecorderCounters counters() const { return {bytes_, records_, missing_}; }

 private:
  Recorder(std::filesystem::path path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  void write_out();

  std::filesystem::path path_;
  UniqueFd file_;
  std::string kept_;
  std::uint64_t kept_records_ = 0;
  int error_ = 0;  ///< errno of the write that failed
  bool told_ = false;
  std::atomic<std::uint64_t> bytes_{0}, records_{0}, missing_{0};
};

}  // namespace burin
