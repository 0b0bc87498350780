// `fd`: a descriptor of the current process: the file that it stands for.
#include "types/builtin.h"
#include "types/path_field.h"

namespace burin {
namespace {

constexpr char kSupport[] =
    R"(static __always_inline void burin_text_fd(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u32 fd) {
  u64 files = 0, table = 0, array = 0, file = 0;
  u32 most = 0;
  burin_read(&files, 8, (void *)(bpf_get_current_task() + L_task_struct_files));
  burin_read(&table, 8, (void *)(files + L_files_struct_fdt));
  burin_read(&most, 4, (void *)(table + L_fdtable_max_fds));
  burin_read(&array, 8, (void *)(table + L_fdtable_fd));
  t->flags = 0;
  t->len = 0;
  if (fd >= most || burin_read(&file, 8, (void *)(array + 8 * (u64)fd)) || !file) return; /* not open */
  burin_text_file(t, mode, p, file);
}
)";

std::string capture(const CaptureSite& site) {
  return "burin_text_fd(" + site.text + ", &" + site.dst + ".mode, &s->path, (u32)" + site.src + ");\n";
}

}  // namespace

ArgType fd_type() {
  ArgType t = path_like("fd", "a file descriptor: path and permission of its file", PathValue::Kind::File);
  t.needs_layout =
      path_layout({"file.f_path", "task_struct.files", "files_struct.fdt", "fdtable.max_fds", "fdtable.fd"});
  t.capture = capture;
  t.support = {kFileSupport, kSupport};
  return t;
}

}  // namespace burin
