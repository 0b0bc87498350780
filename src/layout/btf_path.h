// `resolve: a.b[3].c`: the way through kernel structures, and the type of what it ends at.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/btf_path.h"

namespace burin {

/// Members that a path may have at most.
inline constexpr std::size_t kMaxPathDepth = 10;

/// Answers questions about types from BTF. The kernel's BTF is read at the first question that the cache cannot answer
/// (14 ms), a module's or a file's at its own first one; all go with the object. Not thread-safe.
class BtfPaths {
 public:
  /// `cache_dir`: where answers are kept between starts (see LayoutCache for whom it believes); empty: nowhere.
  /// `kernel_id`: release and boot, what the kernel's types depend on.
  BtfPaths(std::filesystem::path cache_dir, std::string kernel_id);
  /// Writes new answers into the cache.
  ~BtfPaths();
  BtfPaths(const BtfPaths&) = delete;
  BtfPaths& operator=(const BtfPaths&) = delete;

  /// NotFound: no such function, structure or member, with what comes near; Unsupported: no BTF; InvalidPolicy: the
  /// path cannot be followed.
  Result<BtfPath> find(const BtfQuestion& question);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
