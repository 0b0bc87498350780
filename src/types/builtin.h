// The types that are built in, one factory each; all.cpp lists them.
#pragma once
#include <string>
#include <vector>

#include "types/arg_type.h"

namespace burin {

ArgType sock_type();
ArgType socket_type();
ArgType skb_type();
ArgType sockaddr_type();
ArgType string_type();
ArgType filename_type();
ArgType file_type();
ArgType path_type();
ArgType dentry_type();
ArgType fd_type();
ArgType kiocb_type();
ArgType linux_binprm_type();
ArgType char_buf_type();
ArgType char_iovec_type();
ArgType iov_iter_type();
ArgType const_buf_type();
ArgType data_loc_type();
ArgType net_device_type();
ArgType sockaddr_un_type();
ArgType cred_type();
ArgType user_namespace_type();
ArgType capability_type();
/// kernel_cap_t, cap_inheritable, cap_permitted, cap_effective.
std::vector<ArgType> capability_set_types();
ArgType module_type();
ArgType load_info_type();
ArgType bpf_attr_type();
ArgType bpf_prog_type();
ArgType bpf_map_type();
ArgType bpf_cmd_type();
ArgType perf_event_type();
ArgType syscall64_type();
/// int, int8 ... size_t: one definition, many widths.
std::vector<ArgType> integer_types();

/// Members of struct sock without which burin_read_sock() is of no use; it reads more where they are known.
std::vector<std::string> sock_layout();

}  // namespace burin
