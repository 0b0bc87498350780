// What the two codecs and the cache share beyond the public functions in compiler.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/program.h"

namespace burin {

/// The largest request and the largest image that anybody reads, in bytes. A policy set makes some hundred KiB.
inline constexpr std::size_t kMaxMessageBytes = 64U << 20;

/// XXH3 with 128 bits of `bytes`, low half first: finds damage; it does not keep anybody from forging.
std::string content_checksum(std::string_view bytes);
inline constexpr std::size_t kChecksumBytes = 16;

/// The program type with this kernel number, or nothing when we do not generate such programs.
std::optional<ProgramType> program_type_of(std::uint32_t number);

/// The part of a source that decides what it compiles to: without name and origins, which only messages use.
std::string encode_source_for_key(const ProgramSource& source);

}  // namespace burin
