// The functions of an ELF file, by their place in the file. Reads what it needs and closes the file: nothing is mapped,
// so that a file that is cut under us cannot kill us.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace burin {

class ElfSymbols {
 public:
  /// Of an open 64-bit ELF file of this machine's byte order; .symtab, or .dynsym where it was stripped. An error for
  /// what is no such file; a file without functions is fine.
  static Result<ElfSymbols> load(int fd);

  /// Name of the function that has the byte at `file_offset`, or empty.
  std::string_view find(std::uint64_t file_offset) const;
  std::size_t size() const { return functions_.size(); }

 private:
  struct Function {
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    std::uint32_t name = 0;  // into names_
  };
  struct Segment {
    std::uint64_t offset = 0, size = 0, address = 0;
  };
  std::vector<Function> functions_;  // sorted by address
  std::vector<Segment> segments_;
  std::string names_;
};

}  // namespace burin
