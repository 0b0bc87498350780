// `path`: a struct path pointer.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_path(" + site.text + ", &" + site.dst + ".mode, &s->path, " + site.src + ");\n";
}

}  // namespace

ArgType path_type() {
  ArgType t = path_like("path", "a struct path pointer: path and permission", PathValue::Kind::Path);
  t.capture = capture;
  return t;
}

}  // namespace burin
