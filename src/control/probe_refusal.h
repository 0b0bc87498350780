// Why no probe can be put at a kernel function, in words that lead on.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace burin {

/// The kernel answers "no such file" or "invalid argument"; the lists of its functions say what is behind that. They
/// are read when they are first needed (a tenth of a second) and kept. Not thread-safe.
class ProbeRefusals {
 public:
  /// `tracefs` is its mount point as the host names it; empty: none.
  ProbeRefusals(std::filesystem::path root, std::string tracefs);

  /// Better words for `reason`, why a probe at `function` was refused; `reason` itself when the lists cannot be read or
  /// know of nothing against the function.
  std::string explain(std::string_view function, std::string reason);

 private:
  void read();
  bool traceable(const std::string& function) const;

  std::filesystem::path root_;
  std::string tracefs_;
  bool read_ = false;
  std::vector<std::string> functions_;                 // sorted
  std::optional<std::vector<std::string>> traceable_;  // sorted; none: the list cannot be read
};

}  // namespace burin
