// What all types with text share: the bytes behind a record that a w_text names.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "types/wire_structs.h"

namespace burin {

/// Bytes that one text slot holds, the terminating NUL included; Tetragon's limit on 5.11 and later. A power of two.
inline constexpr std::uint32_t kTextMax = 4096;

/// Message of an argument that could not be read, Tetragon's words.
inline constexpr std::string_view kUnreadable = "Bad address for basic type";

enum class TextStatus {
  Read,
  Unread,       ///< the kernel side could not read it
  OutOfBounds,  ///< the record is damaged
};

/// Copies the text that `w` names out of the record.
TextStatus read_text(const wire::Text& w, std::span<const std::byte> record, std::string& text, bool& truncated);

}  // namespace burin
