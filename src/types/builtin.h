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
/// int, int8 ... size_t: one definition, many widths.
std::vector<ArgType> integer_types();

/// Members of struct sock without which burin_read_sock() is of no use; it reads more where they are known.
std::vector<std::string> sock_layout();

}  // namespace burin
