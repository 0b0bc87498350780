// `file`: a struct file pointer.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "burin_text_file(" + site.text + ", &" + site.dst + ".mode, &s->path, " + site.src + ");\n";
}

}  // namespace

ArgType file_type() {
  ArgType t = path_like("file", "a struct file pointer: path and permission", PathValue::Kind::File);
  t.needs_layout = path_layout({"file.f_path"});
  t.capture = capture;
  t.support = {kFileSupport};
  return t;
}

}  // namespace burin
