// How frames lie in a file: a signature, then for each frame a header with two checksums and its bytes. The header has
// a checksum of its own, so that a damaged length is not taken for a file that ends too early.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace burin {

/// Eight bytes that say what the file is, and the version of the format. Raised when the meaning of a frame changes.
inline constexpr std::string_view kRecordingMagic = "BURINRAW";
inline constexpr std::uint32_t kRecordingVersion = 1;
/// Bytes of the signature (magic and version) and of a frame's header.
inline constexpr std::size_t kSignatureBytes = 12, kFrameHeaderBytes = 12;
/// No frame is longer; the largest are hooks and command lines.
inline constexpr std::uint32_t kMaxFrameBytes = 16U << 20;

/// CRC-32 (the polynomial of Ethernet and zip).
std::uint32_t crc32(std::string_view bytes);

struct FrameHeader {
  std::uint32_t size = 0;  ///< bytes behind the header
  std::uint16_t kind = 0;
  std::uint32_t checksum = 0;  ///< of those bytes
};

/// kSignatureBytes bytes.
std::string recording_signature();
/// Header and bytes of a frame, as they go into the file.
std::string framed(std::uint16_t kind, std::string_view bytes);
/// Nothing when the checksum in the header, of which `bytes` holds kFrameHeaderBytes, says that it is damaged.
std::optional<FrameHeader> read_frame_header(std::string_view bytes);

}  // namespace burin
