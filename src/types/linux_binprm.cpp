// `linux_binprm`: a struct linux_binprm pointer: the file that is to be executed.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

std::string capture(const CaptureSite& site) {
  return "{\n  u64 file = 0;\n  burin_read(&file, 8, (void *)(" + site.src +
         " + L_linux_binprm_file));\n  burin_text_file(" + site.text + ", &" + site.dst +
         ".mode, &s->path, file);\n}\n";
}

}  // namespace

ArgType linux_binprm_type() {
  ArgType t = path_like("linux_binprm", "a struct linux_binprm pointer: path and permission of the program",
                        PathValue::Kind::LinuxBinprm);
  t.needs_layout = path_layout({"file.f_path", "linux_binprm.file"});
  t.capture = capture;
  t.support = {kFileSupport};
  return t;
}

}  // namespace burin
