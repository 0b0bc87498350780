// `string`: NUL-terminated text behind a pointer, kernel or user. `filename`: what the kernel made of such a pointer,
// a struct filename; where the hook sees the caller's own pointer or the text itself, it is a string.
#include <cstring>

#include "types/builtin.h"
#include "types/text_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_string(" + site.text + ", " + site.src + ", " + (site.user ? "1" : "0") + ");\n";
}

constexpr char kFilename[] = R"(#ifndef L_filename_name
#define L_filename_name 0 /* the first member of struct filename on every kernel so far */
#endif
static __always_inline void burin_text_filename(struct burin_text *t, u64 filename) {
  u64 name = 0;
  t->flags = 0;
  t->len = 0;
  if (burin_read(&name, 8, (void *)(filename + L_filename_name)) == 0) burin_text_string(t, name, 0);
}
)";

std::string capture_filename(const CaptureSite& site) {
  if (site.user || site.in_place) return capture(site);
  return "burin_text_filename(" + site.text + ", " + site.src + ");\n";
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
  ArgType t = text_type("filename", "a struct filename pointer: its text; of a system call or a program, as string");
  t.wants_layout = {"filename.name"};
  t.capture = capture_filename;
  t.support = {kFilename};
  return t;
}
ArgType data_loc_type() {
  return text_type("data_loc", "a __data_loc field of a tracepoint: its text");
}

}  // namespace burin
