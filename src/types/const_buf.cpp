// `const_buf`: an array of words inside a tracepoint's record (raw_syscalls:sys_enter's `args`): one size_arg for each.
#include <cstring>

#include "types/builtin.h"
#include "types/text_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  if (site.size.empty()) return site.text + "->flags = 0;\n";
  return "burin_text_bytes(" + site.text + ", " + site.src + ", " + site.size + ", 0);\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) {
  wire::Text w;
  std::memcpy(&w, field.data(), sizeof w);
  std::string bytes;
  bool truncated = false;
  switch (read_text(w, record, bytes, truncated)) {
    case TextStatus::Read: break;
    case TextStatus::Unread: out = ErrorValue{std::string(kUnreadable)}; return true;
    case TextStatus::OutOfBounds: return false;
  }
  SizeListValue v;
  v.values.resize(bytes.size() / sizeof(std::uint64_t));
  std::memcpy(v.values.data(), bytes.data(), v.values.size() * sizeof(std::uint64_t));
  out = std::move(v);
  return true;
}

}  // namespace

ArgType const_buf_type() {
  ArgType t;
  t.name = "const_buf";
  t.summary = "an array of long in a tracepoint's record: one size_arg for each element";
  t.json_key = "size_arg";
  t.shape = {"struct w_text", sizeof(wire::Text), 8, kTextMax};
  t.capture = capture;
  t.decode = decode;
  return t;
}

}  // namespace burin
