// What all types that are bytes share: they stand in a text slot, NULs among them, and say how many there were.
#pragma once
#include <string_view>

#include "types/arg_type.h"

namespace burin {

/// A type whose field is a struct w_text; decoded to BytesValue.
ArgType bytes_like(std::string_view name, std::string_view summary);
/// C text: struct burin_gather and burin_text_iovec(), which joins the segments of an iovec or kvec.
extern const char kGatherSupport[];

}  // namespace burin
