#include "app/output_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"

namespace burin {
namespace {

Result<> write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(ErrorCode::Io, "cannot write " + name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

/// What a file made by open() would have.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

/// The temporary file is whole and has its mode, or it is gone.
Result<> replace(const std::string& target, mode_t mode, std::string_view bytes, const std::string& name) {
  std::string beside = target + ".tmpXXXXXX";
  UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return fail_errno(ErrorCode::Io, "cannot write " + name, errno);
  auto done = write_all(fd.get(), bytes, name);
  if (done &&
      (::fchmod(fd.get(), mode) != 0 || ::close(fd.release()) != 0 || ::rename(beside.c_str(), target.c_str()) != 0))
    done = fail_errno(ErrorCode::Io, "cannot write " + name, errno);
  if (!done) ::unlink(beside.c_str());
  return done;
}

}  // namespace

Result<> write_output(const std::string& file, std::string_view bytes) {
  struct stat there {};
  if (::stat(file.c_str(), &there) != 0) {
    std::error_code ec;
    // A link whose target is not there yet leads to a new file.
    const auto target = errno == ENOENT ? std::filesystem::read_symlink(file, ec) : std::filesystem::path();
    if (!ec && !target.empty()) return write_output(std::filesystem::path(file).parent_path() / target, bytes);
    return replace(file, usual_mode(), bytes, file);
  }
  if (!S_ISREG(there.st_mode)) {
    const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno(ErrorCode::Io, "cannot write " + file, errno);
    return write_all(fd.get(), bytes, file);
  }
  std::error_code ec;
  const auto target = std::filesystem::canonical(file, ec);
  return replace(ec ? file : target.string(), there.st_mode & 0777, bytes, file);
}

}  // namespace burin
