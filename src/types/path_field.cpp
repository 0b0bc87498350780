#include "types/path_field.h"

#include <cstring>

#include "types/text_field.h"

namespace burin {
namespace {

template <PathValue::Kind K>
bool decode(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) {
  wire::Path w;
  std::memcpy(&w, field.data(), sizeof w);
  PathValue v;
  v.kind = K;
  v.mode = w.mode;
  wire::Text text;
  std::memcpy(&text, field.data(), sizeof text);  // w_path begins with the members of w_text
  switch (read_text(text, record, v.path, v.incomplete)) {
    case TextStatus::Read: out = std::move(v); return true;
    case TextStatus::Unread: out = ErrorValue{std::string(kUnreadable)}; return true;
    case TextStatus::OutOfBounds: break;
  }
  return false;
}

}  // namespace

const char kFileSupport[] =
    R"(static __always_inline void burin_text_file(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 file) {
  burin_text_path(t, mode, p, file + L_file_f_path);
}
)";

std::vector<std::string> path_layout(std::vector<std::string> more) {
  std::vector<std::string> out = {"dentry.d_parent",   "dentry.d_name", "qstr.name",          "qstr.len",
                                  "vfsmount.mnt_root", "mount.mnt",     "mount.mnt_parent",   "mount.mnt_mountpoint",
                                  "path.mnt",          "path.dentry",   "task_struct.fs",     "fs_struct.root",
                                  "dentry.d_inode",    "inode.i_mode",  "dentry.d_hash.pprev"};
  for (auto& member : more) out.push_back(std::move(member));
  return out;
}

ArgType path_like(std::string_view name, std::string_view summary, PathValue::Kind kind) {
  ArgType t;
  t.name = name;
  t.summary = summary;
  t.type_class = TypeClass::Path;
  t.shape = {"struct w_path", sizeof(wire::Path), 8, kTextMax};
  t.needs_layout = path_layout();
  switch (kind) {
    case PathValue::Kind::File:
      t.json_key = "file_arg";
      t.decode = decode<PathValue::Kind::File>;
      break;
    case PathValue::Kind::Path:
      t.json_key = "path_arg";
      t.decode = decode<PathValue::Kind::Path>;
      break;
    case PathValue::Kind::LinuxBinprm:
      t.json_key = "linux_binprm_arg";
      t.decode = decode<PathValue::Kind::LinuxBinprm>;
      break;
  }
  return t;
}

}  // namespace burin
