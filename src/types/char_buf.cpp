// `char_buf`: bytes behind a pointer; another parameter says how many.
#include "types/builtin.h"
#include "types/bytes_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  // Without a length nothing is read: the reader of policies asks for one.
  if (site.size.empty()) return site.text + "->flags = 0;\n";
  return "burin_text_bytes(" + site.text + ", " + site.src + ", " + site.size + ", " + (site.user ? "1" : "0") + ");\n";
}

std::string locate(const CaptureSite& site) {
  const std::string size = site.size.empty() ? "0" : site.size;
  return "burin_locate_bytes(d, " + site.src + ", " + size + ", " + (site.user ? "1" : "0") + ");\n";
}

}  // namespace

ArgType char_buf_type() {
  ArgType t =
      bytes_like("char_buf", "bytes behind a pointer, at most 4095 (maxData: 327360); sizeArgIndex names the length");
  t.capture = capture;
  t.locate = locate;
  return t;
}

}  // namespace burin
