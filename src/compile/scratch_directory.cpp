// Making, removing and sweeping the compiler's private directories.
#include "compile/scratch_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>
#include <system_error>

namespace burin {
namespace {

constexpr std::string_view kPrefix = "burin-compile-";
constexpr long kAbandonedSeconds = 3600;  // no compile lasts as long; younger ones may belong to another burin

void sweep(const std::filesystem::path& parent) {
  std::error_code ignored;  // a leftover that cannot be removed costs a few KiB, and the next start tries again
  for (std::filesystem::directory_iterator it(parent, ignored), end; !ignored && it != end; it.increment(ignored)) {
    const std::string path = it->path().string();
    struct stat status {};
    if (!it->path().filename().string().starts_with(kPrefix) || ::lstat(path.c_str(), &status) != 0) continue;
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) continue;
    if (status.st_mtim.tv_sec + kAbandonedSeconds >= ::time(nullptr)) continue;
    std::error_code also_ignored;
    std::filesystem::remove_all(it->path(), also_ignored);
  }
}

}  // namespace

Result<ScratchDirectory> ScratchDirectory::make(const std::filesystem::path& parent) {
  static std::once_flag once;
  std::call_once(once, sweep, parent);
  std::string path = (parent / kPrefix).string() + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return fail_errno(ErrorCode::Io, "cannot make a private directory in " + parent.string() + " for the compiler",
                      errno);
  return ScratchDirectory(path);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace burin
