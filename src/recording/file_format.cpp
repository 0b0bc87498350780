#include "recording/file_format.h"

#include <array>

#include "base/bytes.h"

namespace burin {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0xEDB88320U : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

/// Of the header's first six bytes.
std::uint16_t header_checksum(std::string_view bytes) {
  return static_cast<std::uint16_t>(crc32(bytes.substr(0, 6)));
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t value = ~0U;
  for (const char c : bytes) value = value >> 8 ^ kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~value;
}

std::string recording_signature() {
  ByteWriter out;
  out.raw(kRecordingMagic);
  out.number(kRecordingVersion);
  return out.take();
}

std::string framed(std::uint16_t kind, std::string_view bytes) {
  ByteWriter begin;
  begin.number(static_cast<std::uint32_t>(bytes.size()));
  begin.number(kind);
  std::string header = begin.take();
  ByteWriter rest;
  rest.number(header_checksum(header));
  rest.number(crc32(bytes));
  return (header += rest.take()) += bytes;
}

std::optional<FrameHeader> read_frame_header(std::string_view bytes) {
  ByteReader in(bytes, "header");
  FrameHeader out;
  out.size = in.number<std::uint32_t>();
  out.kind = in.number<std::uint16_t>();
  const auto checksum = in.number<std::uint16_t>();
  out.checksum = in.number<std::uint32_t>();
  if (!in.ok() || checksum != header_checksum(bytes) || out.size > kMaxFrameBytes) return std::nullopt;
  return out;
}

}  // namespace burin
