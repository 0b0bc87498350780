// Stack addresses -> function names. Owned by the pipeline's thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"

namespace burin {

/// Not thread-safe.
class Symbolizer {
 public:
  /// `proc` is "/proc"; tests pass a folder of the same form.
  explicit Symbolizer(std::string proc);
  ~Symbolizer();

  /// Reads the memory map of a process that an event with a user stack names, if it is not known yet: soon it may be
  /// gone, and what is known then still names its files and functions.
  void remember(std::uint32_t pid, std::uint64_t exec_ktime);

  /// Fills in symbol and offset of kernel addresses. The table of functions is read at the first call; when the kernel
  /// hides it, every symbol is "unknown".
  void name_kernel(std::vector<StackFrame>& frames);
  /// Fills in module, offset in the module's file, and symbol. A frame of a process that was gone before its memory map
  /// could be read keeps its address only.
  void name_user(std::uint32_t pid, std::uint64_t exec_ktime, std::vector<StackFrame>& frames);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace burin
