#include "recording/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "recording/file_format.h"

namespace burin {
namespace {

/// One write call for so many bytes: a busy host makes some MB a second.
constexpr std::size_t kWriteAt = 256U << 10;

/// Not fail_errno: a file that may not be opened does not mean that tracing lacks a privilege.
tl::unexpected<Error> io_error(const std::string& what, int error) {
  return fail(ErrorCode::Io, what + ": " + std::generic_category().message(error));
}

/// Why the open file is not one that we write to; empty: it is.
std::string refusal(const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return "it is no regular file";
  if (file.st_uid != ::geteuid()) return "it belongs to another user";
  if (file.st_nlink != 1) return "it has several names";
  return {};
}

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(const std::filesystem::path& path) {
  const std::string what = "cannot record to " + path.string();
  // Not truncated here: first it is seen whose it is. O_NONBLOCK: a pipe without a reader is refused, not waited for.
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file && errno == ELOOP) return fail(ErrorCode::Io, what + ": it is a symbolic link");
  if (!file && errno == ENXIO) return fail(ErrorCode::Io, what + ": it is no regular file");
  if (!file) return io_error(what, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return io_error(what, errno);
  if (const std::string why = refusal(info); !why.empty()) return fail(ErrorCode::Io, what + ": " + why);
  if (::fchmod(file.get(), 0600) != 0 || ::ftruncate(file.get(), 0) != 0) return io_error(what, errno);
  return std::unique_ptr<Recorder>(new Recorder(path, std::move(file)));
}

Result<> Recorder::begin(const HeadFrame& head) {
  kept_.clear();
  kept_records_ = 0;
  error_ = 0;
  told_ = false;
  bytes_ = records_ = missing_ = 0;
  if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0)
    return io_error("cannot record to " + path_.string(), errno);
  kept_ = recording_signature();
  write(head);
  return flush();
}

void Recorder::write(const Frame& frame) {
  const bool is_record = std::holds_alternative<RecordFrame>(frame);
  if (error_ != 0) {
    missing_ += is_record;
    return;
  }
  kept_ += framed(kind_of(frame), encode_frame(frame));
  kept_records_ += is_record;
  if (kept_.size() >= kWriteAt) write_out();
}

void Recorder::write_out() {
  std::string_view rest = kept_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
    if (n < 0 && errno != EINTR) error_ = errno;
    if (n < 0) continue;
    rest.remove_prefix(static_cast<std::size_t>(n));
    bytes_ += static_cast<std::uint64_t>(n);
  }
  (error_ == 0 ? records_ : missing_) += kept_records_;
  kept_records_ = 0;
  kept_.clear();
  if (error_ != 0) kept_.shrink_to_fit();
}

Result<> Recorder::flush() {
  if (error_ == 0 && !kept_.empty()) write_out();
  if (error_ == 0 || told_) return Ok{};
  told_ = true;
  return io_error("the recording " + path_.string() + " ends after " + std::to_string(bytes_) + " bytes", error_);
}

}  // namespace burin
