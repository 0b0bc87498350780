// The image cache: one file per image in a directory that nobody else can write. A file is believed only when its
// checksum fits and it holds, byte for byte, the key that is looked for; its name is a mere hash of that key.
#define XXH_INLINE_ALL
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "compile/codec.h"
#include "compile/compiler.h"

namespace burin {

std::string content_checksum(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  ByteWriter out;
  out.number(static_cast<std::uint64_t>(hash.low64));
  out.number(static_cast<std::uint64_t>(hash.high64));
  return out.take();
}

namespace {

constexpr std::string_view kMagic{"BURINST\x01", 8};  // the last byte is the format's number
constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kMaxImages = 512;   // beyond, the longest unused go; at some 50 KiB each about 25 MiB
constexpr long kAbandonedSeconds = 3600;  // a temporary file this old belongs to a process that died while writing
// Against forgery of a file stands the directory's mode.

std::string hash_hex(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text;
}

std::string key_of(const ProgramSource& source, std::string_view compiler_id) {
  ByteWriter out;
  out.raw(encode_image({}).substr(0, 8));  // the image format's magic and number
  out.text(compiler_id);
  out.raw(encode_source_for_key(source));
  return out.take();
}

bool writable_by_others(const struct stat& status) {
  return (status.st_uid != 0 && status.st_uid != ::geteuid()) || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// Opens the directory and checks it, anew for every use: what was safe at the start may have been replaced.
Result<UniqueFd> open_directory(const std::filesystem::path& directory) {
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    if (error == ELOOP || error == ENOTDIR)
      return fail(ErrorCode::PermissionDenied,
                  "cache directory " + directory.string() +
                      " is not a directory (or a symbolic link to one): remove it or name another");
    return fail_errno(ErrorCode::Io, "cannot open the cache directory " + directory.string(), error);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0)
    return fail_errno(ErrorCode::Io, "cannot examine the cache directory " + directory.string(), errno);
  if (writable_by_others(status))
    return fail(ErrorCode::PermissionDenied,
                "cache directory " + directory.string() + " can be written by others than root and user " +
                    std::to_string(::geteuid()) + ": chown it to one of them and chmod go-w it");
  return fd;
}

Result<std::string> read_file(int directory, const std::string& name) {
  UniqueFd fd(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ELOOP) return fail(ErrorCode::Io, name + " is not a file of ours");
  if (!fd && errno == ENOENT) return fail(ErrorCode::NotFound, "no such file");
  if (!fd) return fail_errno(ErrorCode::Overloaded, "cannot open " + name, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(ErrorCode::Io, "cannot examine " + name, errno);
  if (!S_ISREG(status.st_mode) || writable_by_others(status))
    return fail(ErrorCode::Io, name + " is not a file of ours");
  if (status.st_size < 0 || static_cast<std::size_t>(status.st_size) > 2 * kMaxMessageBytes)
    return fail(ErrorCode::Io, name + " is too large");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(ErrorCode::Io, name + " changed while it was read");
    have += static_cast<std::size_t>(n);
  }
  ::futimens(fd.get(), nullptr);  // the age that the eviction goes by; failing costs a recompile one day
  return bytes;
}

/// What the file holds for `key`.
Result<std::string> decode_file(std::string_view bytes, std::string_view key) {
  if (bytes.size() < kChecksumBytes ||
      content_checksum(bytes.substr(0, bytes.size() - kChecksumBytes)) != bytes.substr(bytes.size() - kChecksumBytes))
    return fail(ErrorCode::Io, "wrong checksum");
  ByteReader in(bytes.substr(0, bytes.size() - kChecksumBytes), "cache file");
  if (in.take(kMagic.size()) != kMagic) in.fail_with("not a cache file of this format");
  const std::string_view stored_key = in.take(in.number<std::uint32_t>());
  if (stored_key != key) in.fail_with("holds the image of another source");
  std::string value(in.take(in.number<std::uint32_t>()));
  TRY_OK(in.finish());
  return value;
}

Result<> write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail_errno(ErrorCode::Io, "cannot write " + name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

/// Removes what dead writers left and, beyond kMaxImages, the images that were used longest ago. Best effort: what
/// cannot be removed now is tried again with the next image.
void tidy(int directory) {
  UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return;
  std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(again.get()), &::closedir);
  if (!listing) return;
  again.release();
  const timespec now = [] {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    return t;
  }();
  std::vector<std::pair<time_t, std::string>> images;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
    if (!name.ends_with(kTemporary))
      images.emplace_back(status.st_mtim.tv_sec, name);
    else if (status.st_mtim.tv_sec + kAbandonedSeconds < now.tv_sec)
      ::unlinkat(directory, name.c_str(), 0);
  }
  if (images.size() <= kMaxImages) return;
  std::sort(images.begin(), images.end());
  images.resize(images.size() - kMaxImages);
  for (const auto& [age, name] : images) ::unlinkat(directory, name.c_str(), 0);
}

std::string note_key(std::string_view about) {
  return "note " + std::string(about);  // no key of an image begins like that
}

/// A new file under a temporary name takes the place of the old one.
Result<> write_entry(const std::filesystem::path& path, const std::string& key, std::string_view value) {
  TRY(const UniqueFd directory, open_directory(path));
  ByteWriter out;
  out.raw(kMagic);
  out.text(key);
  out.text(value);
  std::string bytes = out.take();
  bytes += content_checksum(bytes);

  static std::atomic<std::uint64_t> counter{0};
  const std::string name = hash_hex(key);
  const std::string temporary =
      name + "." + std::to_string(::getpid()) + "." + std::to_string(counter.fetch_add(1)) + std::string(kTemporary);
  ::unlinkat(directory.get(), temporary.c_str(), 0);  // a dead process of our number may have left it
  {
    UniqueFd fd(
        ::openat(directory.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return fail_errno(ErrorCode::Io, "cannot make a file in " + path.string(), errno);
    if (auto written = write_all(fd.get(), bytes, temporary); !written) {
      ::unlinkat(directory.get(), temporary.c_str(), 0);
      return written;
    }
  }
  if (::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(directory.get(), temporary.c_str(), 0);
    return fail_errno(ErrorCode::Io, "cannot put an image into " + path.string(), error);
  }
  tidy(directory.get());
  return Ok{};
}

}  // namespace

Result<ImageStore> ImageStore::open(const std::filesystem::path& given) {
  // A slash at the end would make the kernel follow a symbolic link that O_NOFOLLOW is to refuse.
  const std::filesystem::path directory = given.has_filename() ? given : given.parent_path();
  // Missing parents are made for everybody to read; only the last directory holds anything of ours.
  std::filesystem::path made;
  for (const auto& part : directory.parent_path()) {
    made /= part;
    if (::mkdir(made.c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
      return fail_errno(ErrorCode::Io, "cannot make the directory " + made.string(), errno);
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail_errno(ErrorCode::Io, "cannot make the cache directory " + directory.string(), errno);
  TRY(const UniqueFd fd, open_directory(directory));
  tidy(fd.get());
  return ImageStore(directory);
}

Result<ProgramImage> ImageStore::find(const ProgramSource& source, std::string_view compiler_id) const {
  TRY(const UniqueFd directory, open_directory(directory_));
  const std::string key = key_of(source, compiler_id);
  const std::string name = hash_hex(key);
  auto bytes = read_file(directory.get(), name);
  if (!bytes && bytes.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::NotFound, "no stored image of " + source.name);
  if (!bytes && bytes.error().code != ErrorCode::Io) return tl::unexpected(std::move(bytes).error());  // not its fault
  std::string reason;
  if (bytes) {
    auto value = decode_file(*bytes, key);
    auto image = value ? decode_image(*value) : tl::unexpected(value.error());
    if (image) return image;
    reason = image.error().message;
  } else {
    reason = bytes.error().message;
  }
  ::unlinkat(directory.get(), name.c_str(), 0);
  return fail(ErrorCode::NotFound, "the stored image of " + source.name + " was unusable and was removed", reason);
}

Result<> ImageStore::put(const ProgramSource& source, std::string_view compiler_id, const ProgramImage& image) const {
  return write_entry(directory_, key_of(source, compiler_id), encode_image(image));
}

std::optional<std::string> ImageStore::note(std::string_view about) const {
  const std::string key = note_key(about);
  const auto directory = open_directory(directory_);
  if (!directory) return std::nullopt;
  const auto bytes = read_file(directory->get(), hash_hex(key));
  const auto value = bytes ? decode_file(*bytes, key) : Result<std::string>(tl::unexpected(bytes.error()));
  return value ? std::optional(*value) : std::nullopt;
}

Result<> ImageStore::remember(std::string_view about, std::string_view value) const {
  return write_entry(directory_, note_key(about), value);
}

}  // namespace burin
