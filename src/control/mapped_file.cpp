#include "control/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "elf/build_id.h"
#include "model/record.h"

namespace burin {
namespace {

static_assert(sizeof wire::Load::build_id >= kBuildIdMax);

/// Opens the file if it is a regular one, and this inode unless `inode` is 0. Looked at before it is opened: a process
/// could put anything in the place of the file it mapped, and opening a device or a pipe does things.
UniqueFd open_regular(const std::filesystem::path& path, std::uint64_t inode) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat found {};
  if (!place || ::fstat(place.get(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  if (inode != 0 && found.st_ino != inode) return {};
  return UniqueFd(::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

UniqueFd open_mapped(const wire::Load& load, std::string_view path, const std::filesystem::path& proc) {
  const auto process = proc / std::to_string(load.head.tgid);
  UniqueFd file =
      open_regular(process / "map_files" / fmt::format("{:x}-{:x}", load.address, load.address + load.length), 0);
  if (file || load.inode == 0 || !path.starts_with('/')) return file;
  return open_regular((process / "root").string() + std::string(path), load.inode);
}

}  // namespace

void complete_build_id(std::span<std::byte> record, const std::filesystem::path& proc) {
  wire::Load load;
  if (record.size() < sizeof load) return;
  std::memcpy(&load, record.data(), sizeof load);
  if (load.build_id_len != 0 || load.path.off + std::size_t{load.path.len} > record.size()) return;
  const std::string_view path(reinterpret_cast<const char*>(record.data()) + load.path.off, load.path.len);
  const UniqueFd file = open_mapped(load, path, proc);
  if (!file) return;
  const std::string id = read_build_id(file.get());
  load.build_id_len = static_cast<std::uint32_t>(id.size());
  std::memcpy(load.build_id, id.data(), id.size());
  std::memcpy(record.data(), &load, sizeof load);
}

}  // namespace burin
