// Layout rung 3: kernel headers. They are compiled once, only to ask where members lie; everything else is compiled
// against our own shim and the numbers.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compiler.h"
#include "model/layout_table.h"

namespace burin {

/// Compiles a function a member that returns its offset and size, and reads the numbers out of the instructions.
/// Members that these headers do not have (or hide: struct mount, bit-fields) are left out, found by clang's messages
/// and another try, some seconds each. The tree must be of the running kernel: nobody checks that here. Source
/// "headers".
Result<LayoutTable> layout_from_headers(const HeaderTree& tree, const std::vector<std::string>& members,
                                        const CompilerOptions& compiler);

/// A directory of headers unpacked from the kernel's own archive (kheaders.tar.xz), readable for the compiler's user
/// and writable for nobody else; removed with the object.
class UnpackedHeaders {
 public:
  /// Unpacks below `parent` with tar and xz. Error{NotFound} when they are missing, Error{Io} when the archive is
  /// damaged.
  static Result<UnpackedHeaders> unpack(const std::filesystem::path& archive, const std::filesystem::path& parent);
  UnpackedHeaders(UnpackedHeaders&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  UnpackedHeaders& operator=(UnpackedHeaders&&) = delete;
  ~UnpackedHeaders();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit UnpackedHeaders(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace burin
