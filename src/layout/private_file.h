// Small files that only we can write: what is read from them decides which kernel memory our programs read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace burin {

/// The directory, if it is ours (our user's, no symbolic link, not writable by others); made (0700) when `create`.
UniqueFd open_private_dir(const std::filesystem::path& dir, bool create);
/// Whole content of such a file in it; empty when there is none or it is not ours.
std::string read_private_file(int dir, const std::string& name);
/// Replaces the file as a whole. Best effort.
void write_private_file(int dir, const std::string& name, std::string_view text);

/// 64-bit FNV-1a as 16 hexadecimal digits.
std::string fnv1a_hex(std::string_view text);

}  // namespace burin
