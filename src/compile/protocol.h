// What the two sides of the compiler process agree on besides the bytes on stdin and stdout.
//
//   burin-compile DIRECTORY MEMORY_BYTES CPU_SECONDS      < request   > image   2> messages
//   burin-compile DIRECTORY MEMORY_BYTES CPU_SECONDS SOURCE BUILD   the same against kernel headers instead of the shim
//   burin-compile --check-sandbox DIRECTORY               reports on stdout what the sandbox refuses, a line each
//
// DIRECTORY is an empty 0700 directory that the caller made and removes (whatever becomes of the compiler); the header
// shim is written there.
#pragma once

namespace burin {

/// Exit statuses of burin-compile. LLVM ends the process with 1 on errors of its back end, hence the gap.
enum class CompilerExit {
  Done = 0,
  Llvm = 1,  ///< LLVM's own exit(1)
  Usage = 2,
  Refused = 10,        ///< clang refused the text, or a program is missing from it
  BadRequest = 11,     ///< the request is damaged or asks for something outside the closed lists
  Sandbox = 12,        ///< a privilege could not be dropped, a limit or the filter not be set, the shim not be written
  NoReplacement = 13,  ///< this libbcc does not let its kernel calls be replaced
  Output = 14,         ///< the image could not be written
  Memory = 15,         ///< the memory limit was reached
};

}  // namespace burin
