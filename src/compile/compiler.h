// Turns a ProgramSource into a ProgramImage by running burin-compile, or takes it from the cache.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "compile/image_set.h"
#include "model/program.h"

namespace burin {

/// Bytes of a ProgramImage, versioned ("BURINIM" + format number). The reader treats its input as untrusted: it checks
/// lengths, counts, names, and that every map reference is a relocation to a map of the image; Error{Io} says what is
/// wrong.
std::string encode_image(const ProgramImage& image);
Result<ProgramImage> decode_image(std::string_view bytes);
/// The request that burin-compile reads on stdin.
std::string encode_source(const ProgramSource& source);
Result<ProgramSource> decode_source(std::string_view bytes);

/// Keeps images on disk by content, the 512 used last. The directory must belong to root (or to our uid) and be
/// writable by nobody else. Thread-safe; several processes may share a directory.
class ImageStore {
 public:
  /// Opens (and makes, 0700) the directory; an unsafe one (foreign owner, group or world writable, symlink) is an
  /// error.
  static Result<ImageStore> open(const std::filesystem::path& directory);

  /// The image stored for exactly this source, compiler and image format; NotFound when there is none. A damaged or
  /// foreign file counts as NotFound and is removed.
  Result<ProgramImage> find(const ProgramSource& source, std::string_view compiler_id) const;
  /// Stores atomically (temporary file and rename), mode 0600.
  Result<> put(const ProgramSource& source, std::string_view compiler_id, const ProgramImage& image) const;
  /// What remember() kept about this; nothing when there is none, or none that is intact. A note is a hint that saves
  /// time: it may be gone at any moment.
  std::optional<std::string> note(std::string_view about) const;
  Result<> remember(std::string_view about, std::string_view value) const;
  const std::filesystem::path& directory() const { return directory_; }

 private:
  explicit ImageStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

class StartedCompiler;

struct CompilerOptions {
  /// burin-compile; empty = beside our own executable, else in ../libexec/burin seen from there.
  std::filesystem::path executable;
  /// Wall time; a compile takes 0.1 to 3 s, an emulated or overloaded machine twenty times that.
  std::chrono::milliseconds timeout{120'000};
  std::uint64_t memory_limit = 2ULL << 30;  ///< RLIMIT_AS of the child in bytes
  /// Where the child's private directory (a few KiB of header shim) is made and removed. User 65534 must be able to
  /// reach it.
  std::filesystem::path scratch = "/tmp";
  /// Images that came with the policies: asked before the cache.
  std::shared_ptr<const ImageSet> shipped = nullptr;
  /// Bytes of stencils, units that were compiled when burin was built: asked before the cache too. They outlive the
  /// compiler.
  std::string_view precompiled = {};
  /// A compiler process that already waits; the first compile takes it (start_ahead()).
  std::shared_ptr<StartedCompiler> started = nullptr;
  /// Nothing is ever compiled: what has no image is an error.
  bool require_image = false;
};

/// Kernel headers to compile against instead of the shim: only to ask them where structure members lie. Both
/// directories must be readable for user 65534 and writable for root only.
struct HeaderTree {
  std::filesystem::path source;  ///< with include/linux/kconfig.h
  std::filesystem::path build;   ///< with include/generated; may be the same
};

/// Starts a compiler process with these options for the first compile to take; null when that does not work, which the
/// compile then tells.
std::shared_ptr<StartedCompiler> start_ahead(const CompilerOptions& options);

struct CompileStats {
  bool cached = false;
  bool shipped = false;        ///< the image came with the policies
  bool precompiled = false;    ///< the image came with burin, filled in for this host
  std::string shipped_misfit;  ///< why the image that came with them did not serve, when it did not
  double seconds = 0;
  std::uint64_t child_peak_kib = 0;  ///< peak resident memory of the compiler process
  std::string messages;              ///< what clang said although the compile succeeded (warnings), mapped like errors
  std::string
      cache_trouble;  ///< why the image could not be looked up or stored, when it could not; the compile went on
};

/// Runs the compiler process. Thread-safe (each call is its own child); of all calls in this process as many run at
/// once as there are processors, the others wait for their turn.
class Compiler {
 public:
  Compiler(CompilerOptions options, const ImageStore* store) : options_(std::move(options)), store_(store) {}

  /// The shipped image, else the precompiled one, else the cache's, else compile and store. Error{NotFound} when that
  /// is not allowed (require_image), with what differs from the shipped unit; Error{Unsupported} when this host has no
  /// compiler, or none that starts: it was not called wrongly. A failed compile is Error{Compile} whose `detail` holds
  /// clang's messages mapped through source.origins (`/*@ID*/` markers) back to the policy, and whose `span` is the
  /// first of them. A function over kMaxFunctionInsns is refused with its name and number. A compiler that crashed or
  /// reached its memory limit is Error{Compile} too, one that was too slow Error{Timeout}. A cache that cannot be used
  /// is not an error (stats->cache_trouble).
  Result<ProgramImage> compile(const ProgramSource& source, CompileStats* stats = nullptr) const;

  /// The same against kernel headers; never cached, since they can change behind our back.
  Result<ProgramImage> compile_with_headers(const ProgramSource& source, const HeaderTree& headers,
                                            CompileStats* stats = nullptr) const;

  /// Identity of the compiler that goes into the cache key: burin version, size and mtime of burin-compile. Unsupported
  /// when there is no burin-compile: a host that only runs bundles needs none.
  Result<std::string> id() const;

 private:
  /// The error for a unit that would have to be compiled.
  tl::unexpected<Error> no_image(const ProgramSource& source) const;
  /// `error` says that there is no compiler; where a bundle should have made it needless, why it did not.
  tl::unexpected<Error> without_compiler(Error error, const ProgramSource& source) const;

  CompilerOptions options_;
  const ImageStore* store_;
};

}  // namespace burin
