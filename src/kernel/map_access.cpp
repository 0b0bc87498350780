#include "kernel/map_access.h"

#include <bpf/bpf.h>

#include <cerrno>

namespace burin {

Result<bool> map_put(int map_fd, const void* key, const void* value, bool only_new) {
  if (bpf_map_update_elem(map_fd, key, value, only_new ? BPF_NOEXIST : BPF_ANY) == 0) return true;
  if (only_new && errno == EEXIST) return false;
  return fail_errno(ErrorCode::Io, "cannot write a map element", errno);
}

Result<bool> map_get(int map_fd, const void* key, void* value) {
  if (bpf_map_lookup_elem(map_fd, key, value) == 0) return true;
  if (errno == ENOENT) return false;
  return fail_errno(ErrorCode::Io, "cannot read a map element", errno);
}

void map_remove(int map_fd, const void* key) {
  bpf_map_delete_elem(map_fd, key);
}

}  // namespace burin
