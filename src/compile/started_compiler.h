// A compiler process that was started ahead of its work.
#pragma once
#include <memory>
#include <mutex>
#include <optional>

#include "compile/child_process.h"
#include "compile/compiler.h"
#include "compile/scratch_directory.h"

namespace burin {

/// A running burin-compile and the private directory of its header shim.
struct CompilerProcess {
  ScratchDirectory scratch;  ///< first: it goes after the process
  ChildProcess process;
};

/// Starts burin-compile; `headers` null: with the shim.
Result<CompilerProcess> start_compiler(const CompilerOptions& options, const HeaderTree* headers);

/// One that waits: loading clang's libraries takes as long as finding out what there is to compile, so a start does
/// both at the same time. Thread-safe. Whom nobody took is ended when the object goes.
class StartedCompiler {
 public:
  explicit StartedCompiler(CompilerProcess process) : process_(std::move(process)) {}
  /// Nothing from the second call on.
  std::optional<CompilerProcess> take() {
    std::lock_guard lock(mutex_);
    auto out = std::move(process_);
    process_.reset();
    return out;
  }

 private:
  std::mutex mutex_;
  std::optional<CompilerProcess> process_;
};

}  // namespace burin
