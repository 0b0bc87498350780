// What /proc says of this process and its threads: the truth that kernel memory is compared with.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace burin {

/// Content of a small file below /proc; empty when it cannot be read. Makes system calls and one string.
std::string proc_text(const std::string& path);
/// Fields of a `stat` file by their number in proc(5), from 4 on (the command is left out); the rest is 0.
std::vector<std::uint64_t> proc_stat(const std::string& path);
/// A number behind `key` ("Threads:") of a `status` file.
std::optional<std::uint64_t> proc_status(const std::string& path, std::string_view key);
/// Inode number behind a namespace link ("net:[4026531840]"); 0 when there is none. Only system calls.
std::uint32_t namespace_inode(const char* path);
/// Target of a symbolic link; empty when there is none.
std::string link_target(const std::string& path);
/// Last part of a path.
std::string base_name(const std::string& path);

}  // namespace burin
