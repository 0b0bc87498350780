// The private directory in which a compiler process finds the header shim. The parent owns it, so that it goes whatever
// becomes of the child.
#pragma once
#include <filesystem>
#include <utility>

#include "base/result.h"

namespace burin {

/// Makes "burin-compile-XXXXXX", mode 0700, and removes it with all it holds. Directories that a killed process left
/// (older than an hour, ours) are removed on the first use.
class ScratchDirectory {
 public:
  static Result<ScratchDirectory> make(const std::filesystem::path& parent);
  ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace burin
