// /proc/kallsyms in little memory: which function of the kernel an address is in.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace burin {

class KernelSymbols {
 public:
  struct Found {
    std::string_view name;    ///< lives as long as the table
    std::string_view module;  ///< empty: the kernel itself
    std::uint64_t offset = 0;
  };

  /// Reads a file of kallsyms' form; only functions are kept (12 bytes and the name each). An error when the kernel
  /// hides the addresses (kernel.kptr_restrict) or the file cannot be read.
  static Result<KernelSymbols> load(const std::string& path);

  /// False below the first function. `at` decides which function it is, `address` how far it is into it: a return
  /// address belongs to the call before it.
  bool find(std::uint64_t address, std::uint64_t at, Found& out) const;
  std::size_t size() const { return addresses_.size(); }

 private:
  std::vector<std::uint64_t> addresses_;  // sorted
  std::vector<std::uint32_t> names_;      // into text_, same order
  std::string text_;                      // "name\0" or "name\tmodule\0"
};

}  // namespace burin
