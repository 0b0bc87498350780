// `char_iovec`: the bytes of an array of struct iovec; another parameter says how many segments there are.
#include "types/builtin.h"
#include "types/bytes_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  if (site.size.empty()) return site.text + "->flags = 0;\n";
  const std::string user = site.user ? "1" : "0";
  return "burin_text_iovec(" + site.text + ", " + site.src + ", " + site.size + ", 0, " + user + ", 1);\n";
}

std::string locate(const CaptureSite& site) {
  const std::string count = site.size.empty() ? "0" : site.size, user = site.user ? "1" : "0";
  return "burin_locate_iovec(d, " + site.src + ", " + count + ", 0, ~0ull, " + user + ", 1);\n";
}

}  // namespace

ArgType char_iovec_type() {
  ArgType t = bytes_like("char_iovec",
                         "a struct iovec array: the bytes of its first 32 segments; sizeArgIndex names their number");
  t.capture = capture;
  t.locate = locate;
  t.support = {kGatherSupport};
  return t;
}

}  // namespace burin
