// Build ids that the kernel did not give with a mapping: before Linux 5.12, and later where the note lies beyond what
// it looks at.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

namespace burin {

/// `record` is a wire::Load that has just arrived. When it has no build id, that of the mapped file is put in, if the
/// file can still be had: by the mapping itself, else by the path as the process sees it if it is the same inode.
/// `proc` is "/proc". Opens nothing but regular files and never waits.
void complete_build_id(std::span<std::byte> record, const std::filesystem::path& proc);

}  // namespace burin
