// The real version of the running kernel. `uname -r` of Debian and Ubuntu names the ABI ("6.1.0-26", "5.15.0-91"), not
// the version that was built, and kernels before 5.0 compare the number in a kprobe program with their own.
#pragma once
#include <cstdint>
#include <string_view>

namespace burin {

/// KERNEL_VERSION(a, b, c) with c held at 255, as the kernel's own LINUX_VERSION_CODE does. Sources, best first:
/// `signature` (/proc/version_signature, Ubuntu: third word), `version` (uname -v, Debian: word after "Debian"),
/// `release` (uname -r). 0 when none of them holds a version.
std::uint32_t kernel_version_code(std::string_view release, std::string_view version, std::string_view signature);

}  // namespace burin
