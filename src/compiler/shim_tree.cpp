// Unpacks the embedded header shim. Every path is walked by descriptor and nothing existing is opened, so that a
// directory that somebody else prepared can neither redirect a write nor smuggle in a header.
#include "compiler/shim_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/embedded.h"
#include "base/unique_fd.h"

namespace burin {
namespace {

constexpr std::string_view kShim = "shim/";

/// Gives the thing behind `fd` its final owner and mode. The umask is whatever the daemon had.
Result<> settle(int fd, mode_t mode, unsigned reader, const std::string& name) {
  if (::geteuid() == 0 && ::fchown(fd, 0, reader) != 0)
    return fail_errno(ErrorCode::Unsupported, "cannot give " + name + " to group " + std::to_string(reader), errno);
  if (::fchmod(fd, mode) != 0) return fail_errno(ErrorCode::Io, "cannot set the mode of " + name, errno);
  return Ok{};
}

Result<UniqueFd> enter(int parent, const std::string& name, unsigned reader) {
  const bool made = ::mkdirat(parent, name.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return fail_errno(ErrorCode::Io, "cannot make the directory " + name, errno);
  UniqueFd fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno(ErrorCode::Io, "cannot open the directory " + name, errno);
  if (made) TRY_OK(settle(fd.get(), 0750, reader, name));
  return fd;
}

Result<> write_file(int root, std::string_view path, std::string_view text, unsigned reader) {
  UniqueFd directory(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1)) {
    TRY(UniqueFd next, enter(directory.get(), std::string(path.substr(0, slash)), reader));
    directory = std::move(next);
  }
  const std::string name(path);
  UniqueFd fd(::openat(directory.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(ErrorCode::Io, "cannot make " + name, errno);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return fail_errno(ErrorCode::Io, "cannot write " + name, errno);
  return settle(fd.get(), 0640, reader, name);
}

}  // namespace

Result<> write_shim_tree(const std::string& directory, unsigned reader) {
  UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root) return fail_errno(ErrorCode::Io, "cannot open " + directory, errno);
  struct stat status {};
  if (::fstat(root.get(), &status) != 0) return fail_errno(ErrorCode::Io, "cannot examine " + directory, errno);
  if (status.st_uid != ::geteuid() || (status.st_mode & 0077) != 0)
    return fail(ErrorCode::PermissionDenied,
                directory + " must belong to user " + std::to_string(::geteuid()) + " and have mode 0700");
  std::size_t written = 0;
  for (std::size_t i = 0; i < kTemplatesCount; ++i) {
    const EmbeddedFile& file = kTemplates[i];
    if (!file.path.starts_with(kShim)) continue;
    TRY_OK(write_file(root.get(), file.path.substr(kShim.size()), file.text, reader));
    ++written;
  }
  if (written == 0) return fail(ErrorCode::Internal, "this burin-compile was built without its header shim");
  return settle(root.get(), 0750, reader, directory);
}

}  // namespace burin
