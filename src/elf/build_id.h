// The build id of a file that any process may have mapped: read with bounds and by pread, because a file that is mapped
// here and made shorter by its owner would end the daemon.
#pragma once
#include <string>

namespace burin {

/// Longest build id that is read; longer ones count as none. The kernel's own limit is 20.
inline constexpr std::size_t kBuildIdMax = 32;

/// The bytes of the GNU build id note in the program headers of the ELF file `fd` (32 or 64 bits, of this machine's
/// byte order); empty when it has none, is damaged or is no ELF file. The descriptor stays the caller's.
std::string read_build_id(int fd);

}  // namespace burin
