// The generic compact form of arguments, for hooks that no probe says more about: "name=value", one after the other.
#pragma once
#include <string>

#include "event/json_node.h"

namespace burin {

/// " sock=udp:10.0.0.5:53000->9.9.9.9:53 size=17", each with a space in front; empty without arguments. The name is the
/// argument's label, or its type. `args` may be null, and anything else than an array of arguments.
std::string compact_arguments(const JsonNode* args);

/// One argument's value; "?" for what is no argument.
std::string compact_value(const JsonNode& argument);

/// "write(unsigned int fd=3, const char * buf=0x7ffd..., size_t count=6)" from the arguments of raw_syscalls/sys_enter:
/// the syscall first, then the words it was called with (or all six as bytes). A word that the event does not have is
/// "?". Empty when the first argument is no syscall.
std::string compact_syscall(const JsonNode* args);

}  // namespace burin
