// One compile by BCC, from request to image.
#pragma once
#include "base/result.h"
#include "compile/protocol.h"
#include "model/program.h"

namespace burin {

/// A failed compile: the status to exit with; `message` is for stderr, below whatever clang has already written there.
struct CompileFailure {
  CompilerExit status = CompilerExit::Refused;
  std::string message;
};

/// Compiles `source` with BCC; at most once in a process (libbcc has global state and its destructors may abort). The
/// environment must point BCC_KERNEL_SOURCE at the shim, or at kernel headers whose generated part lies in
/// `header_build` (empty: no kernel headers). LLVM may also end the process by itself.
tl::expected<ProgramImage, CompileFailure> compile_with_bcc(const ProgramSource& source,
                                                            const std::string& header_build);

}  // namespace burin
