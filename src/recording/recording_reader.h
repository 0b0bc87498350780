// Reads a raw recording, frame by frame. Nothing in the file is believed: damage is an error that names the place.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "recording/frames.h"

namespace burin {

/// Not thread-safe.
class RecordingReader {
 public:
  /// Error{Io}: cannot be read, or is no recording of a version that this burin reads. `path` "-" is standard input.
  static Result<RecordingReader> open(const std::filesystem::path& path);

  /// The next frame; nothing at the end. Error{Io} when the file is damaged here. A file that ends within a frame ends
  /// before it: cut_off() then says so.
  Result<std::optional<Frame>> next();
  /// Where in the file the frame begins that next() gave last.
  std::uint64_t offset() const { return frame_at_; }
  /// Bytes of a frame that is not there whole, at the end of the file.
  std::uint64_t cut_off() const { return cut_off_; }
  /// "FILE, byte N": the frame that next() gave last.
  std::string place() const;

 private:
  RecordingReader(std::string name, UniqueFd file) : name_(std::move(name)), file_(std::move(file)) {}
  /// Makes `size` bytes available in buffer_ if the file has them.
  Result<> fill(std::size_t size);

  std::string name_;
  UniqueFd file_;
  std::string buffer_;  ///< read and not yet used, from used_ on
  std::size_t used_ = 0;
  std::uint64_t at_ = 0;  ///< place in the file of buffer_[used_]
  std::uint64_t frame_at_ = 0;
  std::uint64_t cut_off_ = 0;
  bool ended_ = false;  ///< EndFrame was read
};

}  // namespace burin
