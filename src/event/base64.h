// Bytes out of the text that events have them in; the way there is base64() in encode.h.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace burin {

/// Standard base64 with padding; nothing when it is not.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace burin
