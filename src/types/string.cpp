// `string` and `filename`: NUL-terminated text behind a pointer, kernel or user.
#include <cstring>

#include "model/record.h"
#include "types/builtin.h"

namespace burin {
namespace {

/// Bytes of one string argument that travel in a record, the terminating NUL included; as Tetragon's on 5.4 to 5.10.
constexpr std::uint32_t kStringMax = 512;

std::string capture(const CaptureSite& site) {
  return "burin_read_string(r, &" + site.dst + ", " + site.src + ");\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) {
  wire::wvar w;
  std::memcpy(&w, field.data(), sizeof w);
  if (w.len == 0) {
    out = ErrorValue{"Bad address for basic type"};
    return true;
  }
  if (w.off > record.size() || w.len > record.size() - w.off) return false;
  StringValue v;
  const auto* text = reinterpret_cast<const char*>(record.data()) + w.off;
  v.value.assign(text, w.len - 1U);  // the last byte is the NUL
  v.truncated = w.len == kStringMax;
  out = std::move(v);
  return true;
}

ArgType text_type(std::string_view name, std::string_view summary) {
  return {name, summary, "string_arg", TypeClass::Text, {"struct burin_wvar", sizeof(wire::wvar), 4, kStringMax},
          {},   capture, decode};
}

}  // namespace

ArgType string_type() {
  return text_type("string", "a pointer to NUL-terminated text, at most 511 bytes");
}
ArgType filename_type() {
  return text_type("filename", "as string");
}

}  // namespace burin
