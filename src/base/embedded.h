// Files that were compiled into the binary (templates, probes, the kernel header shim).
#pragma once
#include <cstddef>
#include <string_view>

namespace burin {

/// One embedded file: path relative to its folder, and its bytes. Lives as long as the program.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};

/// templates/ (codegen and burin-compile) and probes/ (control); defined by the build (cmake/embed.cmake).
extern const EmbeddedFile kTemplates[];
extern const std::size_t kTemplatesCount;
extern const EmbeddedFile kProbes[];
extern const std::size_t kProbesCount;
/// Base programs that burin-precompile made when burin was built: bytes of stencils (compile/stencil.h).
extern const std::string_view kPrecompiled;

}  // namespace burin
