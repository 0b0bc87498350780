// `kiocb`: a struct kiocb pointer: its file.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "{\n  u64 file = 0;\n  burin_read(&file, 8, (void *)(" + site.src +
         " + L_kiocb_ki_filp));\n  burin_text_file(" + site.text + ", &" + site.dst + ".mode, &s->path, file);\n}\n";
}

}  // namespace

ArgType kiocb_type() {
  ArgType t = path_like("kiocb", "a struct kiocb pointer: path and permission of its file", PathValue::Kind::File);
  t.needs_layout = path_layout({"file.f_path", "kiocb.ki_filp"});
  t.capture = capture;
  t.support = {kFileSupport};
  return t;
}

}  // namespace burin
