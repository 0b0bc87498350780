#include "recording/recording_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/bytes.h"
#include "recording/file_format.h"

namespace burin {
namespace {
constexpr std::size_t kReadAtOnce = 256U << 10;

/// Not fail_errno: a file that may not be opened does not mean that tracing lacks a privilege.
tl::unexpected<Error> io_error(const std::string& what, int error) {
  return fail(ErrorCode::Io, what + ": " + std::generic_category().message(error));
}

}  // namespace

Result<RecordingReader> RecordingReader::open(const std::filesystem::path& path) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path.string();
  UniqueFd file(standard_input ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return io_error("cannot read " + name, errno);
  RecordingReader out(name, std::move(file));
  TRY_OK(out.fill(kSignatureBytes));
  ByteReader in(std::string_view(out.buffer_).substr(0, kSignatureBytes), "signature");
  if (in.take(kRecordingMagic.size()) != kRecordingMagic)
    return fail(ErrorCode::Io, name + " is no raw recording (burin run --record-raw makes them)");
  const auto version = in.number<std::uint32_t>();
  if (!in.ok()) return fail(ErrorCode::Io, name + " ends within its signature");
  if (version != kRecordingVersion)
    return fail(ErrorCode::Io, name + " has format " + std::to_string(version) + "; this burin reads format " +
                                   std::to_string(kRecordingVersion));
  out.used_ = out.at_ = kSignatureBytes;
  return out;
}

Result<> RecordingReader::fill(std::size_t size) {
  if (buffer_.size() - used_ >= size) return Ok{};
  buffer_.erase(0, used_);
  used_ = 0;
  while (buffer_.size() < size) {
    // No more is asked of memory than the file turns out to have.
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kReadAtOnce);
    const ssize_t n = ::read(file_.get(), buffer_.data() + before, kReadAtOnce);
    const int error = errno;
    buffer_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n < 0 && error != EINTR) return io_error("cannot read " + name_, error);
    if (n == 0) break;
  }
  return Ok{};
}

Result<std::optional<Frame>> RecordingReader::next() {
  frame_at_ = at_;
  const auto damaged = [this](const std::string& what) { return fail(ErrorCode::Io, place() + ": damaged: " + what); };
  TRY_OK(fill(kFrameHeaderBytes));
  std::string_view have = std::string_view(buffer_).substr(used_);
  if (have.empty()) return std::nullopt;
  if (ended_) return damaged("there is something behind the recording's end");
  if (have.size() < kFrameHeaderBytes) {
    cut_off_ = have.size();
    return std::nullopt;
  }
  const auto header = read_frame_header(have.substr(0, kFrameHeaderBytes));
  if (!header) return damaged("the checksum of a frame's header is wrong");
  TRY_OK(fill(kFrameHeaderBytes + header->size));
  have = std::string_view(buffer_).substr(used_);
  if (have.size() < kFrameHeaderBytes + header->size) {
    cut_off_ = have.size();
    return std::nullopt;
  }
  const std::string_view bytes = have.substr(kFrameHeaderBytes, header->size);
  if (crc32(bytes) != header->checksum) return damaged("the checksum of a frame is wrong");
  auto frame = decode_frame(header->kind, bytes);
  if (!frame) return damaged(frame.error().message);
  used_ += kFrameHeaderBytes + header->size;
  at_ += kFrameHeaderBytes + header->size;
  ended_ = std::holds_alternative<EndFrame>(*frame);
  return std::move(*frame);
}

std::string RecordingReader::place() const {
  return name_ + ", byte " + std::to_string(frame_at_);
}

}  // namespace burin
