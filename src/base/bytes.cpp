// The byte reader and writer behind the image and request formats.
#include "base/bytes.h"

#include <utility>

namespace burin {

void ByteWriter::text(std::string_view bytes) {
  number(static_cast<std::uint32_t>(bytes.size()));
  bytes_ += bytes;
}

void ByteWriter::blob(std::span<const std::byte> bytes) {
  text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string_view ByteReader::take(std::size_t size) {
  if (size > rest_.size()) fail_with("ends too early");
  if (!ok()) return {};
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::string ByteReader::text(std::size_t limit) {
  const auto size = number<std::uint32_t>();
  if (size > limit)
    fail_with("a text of " + std::to_string(size) + " bytes where " + std::to_string(limit) + " may be");
  return std::string(take(ok() ? size : 0));
}

std::vector<std::byte> ByteReader::blob(std::size_t limit) {
  const std::string bytes = text(limit);
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  return {data, data + bytes.size()};
}

std::uint32_t ByteReader::count(std::size_t limit, std::size_t item_bytes) {
  const auto n = number<std::uint32_t>();
  if (n > limit) fail_with(std::to_string(n) + " items where " + std::to_string(limit) + " may be");
  if (ok() && n * static_cast<std::uint64_t>(item_bytes) > rest_.size()) fail_with("more items than bytes");
  return ok() ? n : 0;
}

void ByteReader::fail_with(std::string reason) {
  if (!ok()) return;
  reason_ = std::move(reason) + " (at byte " + std::to_string(size_ - rest_.size()) + ")";
  rest_ = {};
}

Result<> ByteReader::finish() {
  if (ok() && !rest_.empty()) fail_with(std::to_string(rest_.size()) + " bytes too many");
  if (ok()) return Ok{};
  return fail(ErrorCode::Io, "damaged " + std::string(what_) + ": " + reason_);
}

bool is_c_identifier(std::string_view text, std::size_t limit) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || text.size() > limit || !letter(text[0])) return false;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}

}  // namespace burin
