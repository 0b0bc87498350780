// What the kernel's perf events say of mappings, in the form of our own records, so that everything behind the reader
// (order, losses, decoder) need not know where a record came from.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace burin {

enum class MappingRecord {
  File,         ///< a file was mapped executable: a wire::Load was made
  NoFile,       ///< executable memory without a file: [vdso], //anon, a JIT's
  ImageBegins,  ///< an exec replaced the memory: a wire::Head with kHookImage was made
  Ignored,      ///< says nothing of mappings
  Damaged,      ///< not what the kernel's headers promise
};

/// Reads one whole record of a mapping ring, header and sample id (TID, TIME, CPU) included, and appends what it made
/// to `out`; `out` is not touched otherwise.
MappingRecord read_mapping(std::span<const std::byte> record, std::vector<std::byte>& out);

}  // namespace burin
