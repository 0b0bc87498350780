// The list of argument types: one line each.
#include <algorithm>

#include "types/builtin.h"

namespace burin {
namespace {

ArgType nop_type() {
  return {"nop",  "the parameter is skipped: not read, not printed", "", TypeClass::Nothing, {"", 0, 1, 0}, {}, nullptr,
          nullptr};
}

std::vector<ArgType> make_all() {
  std::vector<ArgType> all = {
      sock_type(),         socket_type(),      skb_type(),
      sockaddr_type(),     sockaddr_un_type(), string_type(),
      filename_type(),     data_loc_type(),    net_device_type(),
      char_buf_type(),     char_iovec_type(),  iov_iter_type(),
      const_buf_type(),    file_type(),        path_type(),
      dentry_type(),       fd_type(),          kiocb_type(),
      linux_binprm_type(), cred_type(),        user_namespace_type(),
      capability_type(),   module_type(),      load_info_type(),
      bpf_attr_type(),     bpf_prog_type(),    bpf_map_type(),
      bpf_cmd_type(),      perf_event_type(),  syscall64_type(),
      nop_type(),
  };
  for (auto& t : capability_set_types()) all.push_back(std::move(t));
  for (auto& t : integer_types()) all.push_back(std::move(t));
  return all;
}

const std::vector<ArgType>& table() {
  static const std::vector<ArgType> all = make_all();
  return all;
}

}  // namespace

std::span<const ArgType> all_types() {
  return table();
}

const ArgType* find_type(std::string_view name) {
  for (const auto& t : table())
    if (t.name == name) return &t;
  return nullptr;
}

std::vector<std::string> type_layout_members() {
  std::vector<std::string> out;
  const auto add = [&out](const std::vector<std::string>& members) {
    for (const auto& m : members)
      if (std::ranges::find(out, m) == out.end()) out.push_back(m);
  };
  for (const auto& t : table()) {
    add(t.needs_layout);
    add(t.wants_layout);
  }
  return out;
}

bool is_text(TypeClass type) {
  return type == TypeClass::Text || type == TypeClass::Bytes || type == TypeClass::Path ||
         type == TypeClass::SockaddrUn;
}

}  // namespace burin
