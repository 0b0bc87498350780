// `dentry`: a struct dentry pointer; it does not say through which mount, so the path begins at the file system's root.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_dentry(" + site.text + ", &" + site.dst + ".mode, &s->path, " + site.src + ", 0);\n";
}

}  // namespace

ArgType dentry_type() {
  ArgType t = path_like("dentry", "a struct dentry pointer: path from the root of its file system, and permission",
                        PathValue::Kind::Path);
  t.capture = capture;
  return t;
}

}  // namespace burin
