// `string` and `filename`: NUL-terminated text behind a pointer, kernel or user.
#include <cstring>

#include "types/builtin.h"
#include "types/text_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_string(" + site.text + ", " + site.src + ", " + (site.user ? "1" : "0") + ");\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) {
  wire::Text w;
  std::memcpy(&w, field.data(), sizeof w);
  StringValue v;
  switch (read_text(w, record, v.value, v.truncated)) {
    case TextStatus::Read: out = std::move(v); return true;
    case TextStatus::Unread: out = ErrorValue{std::string(kUnreadable)}; return true;
    case TextStatus::OutOfBounds: break;
  }
  return false;
}

ArgType text_type(std::string_view name, std::string_view summary) {
  return {name, summary, "string_arg", TypeClass::Text, {"struct w_text", sizeof(wire::Text), 8, kTextMax},
          {},   capture, decode};
}

}  // namespace

ArgType string_type() {
  return text_type("string", "a pointer to NUL-terminated text, at most 4095 bytes");
}
ArgType filename_type() {
  return text_type("filename", "as string");
}
ArgType data_loc_type() {
  return text_type("data_loc", "a __data_loc field of a tracepoint: its text");
}

}  // namespace burin
