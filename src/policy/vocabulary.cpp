// Tetragon's words as lists. A word that we come to support needs no change here: our own tables are asked first.
#include "policy/vocabulary.h"

#include <algorithm>
#include <utility>

namespace burin {
namespace {

constexpr std::string_view kTypes[] = {
    "auto",          "int",
    "sint8",         "int8",
    "uint8",         "sint16",
    "int16",         "uint16",
    "uint32",        "sint32",
    "int32",         "ulong",
    "uint64",        "size_t",
    "long",          "sint64",
    "int64",         "char_buf",
    "char_iovec",    "skb",
    "sock",          "sockaddr",
    "socket",        "sockaddr_un",
    "string",        "fd",
    "file",          "filename",
    "path",          "nop",
    "bpf_attr",      "perf_event",
    "bpf_map",       "user_namespace",
    "capability",    "kiocb",
    "iov_iter",      "cred",
    "const_buf",     "load_info",
    "module",        "syscall64",
    "kernel_cap_t",  "cap_inheritable",
    "cap_permitted", "cap_effective",
    "linux_binprm",  "data_loc",
    "net_device",    "bpf_cmd",
    "dentry",        "bpf_prog",
};

constexpr std::string_view kOperators[] = {
    "Equal",
    "NotEqual",
    "Prefix",
    "NotPrefix",
    "Postfix",
    "NotPostfix",
    "SubString",
    "SubStringIgnCase",
    "SubStringIgnoreCase",
    "GT",
    "gt",
    "GreaterThan",
    "LT",
    "lt",
    "LessThan",
    "Mask",
    "InRange",
    "NotInRange",
    "InMap",
    "NotInMap",
    "CapabilitiesGained",
    "FileType",
    "NotFileType",
    "CelExpr",
    "SAddr",
    "NotSAddr",
    "DAddr",
    "NotDAddr",
    "SPort",
    "NotSPort",
    "DPort",
    "NotDPort",
    "SPortPriv",
    "NotSportPriv",
    "NotSPortPriv",
    "DPortPriv",
    "NotDPortPriv",
    "Protocol",
    "Family",
    "State",
};

constexpr std::string_view kActions[] = {
    "Post",
    "Sigkill",
    "Override",
    "GetUrl",
    "DnsLookup",
    "NoPost",
    "Signal",
    "TrackSock",
    "UntrackSock",
    "NotifyEnforcer",
    "CleanupEnforcerNotification",
    "Set",
};

constexpr std::pair<std::string_view, std::string_view> kOperatorAliases[] = {
    {"NotSportPriv", "NotSPortPriv"},
    {"gt", "GT"},
    {"lt", "LT"},
    {"GreaterThan", "GT"},
    {"LessThan", "LT"},
    {"SubStringIgnoreCase", "SubStringIgnCase"},
};

bool holds(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool is_tetragon_type(std::string_view name) {
  return holds(kTypes, name);
}
bool is_tetragon_operator(std::string_view name) {
  return holds(kOperators, name);
}
bool is_tetragon_text_operator(std::string_view name) {
  return name == "Equal" || name == "NotEqual";
}
bool is_tetragon_action(std::string_view name) {
  return holds(kActions, name);
}

std::span<const std::string_view> tetragon_types() {
  return kTypes;
}
std::span<const std::string_view> tetragon_operators() {
  return kOperators;
}
std::span<const std::string_view> tetragon_actions() {
  return kActions;
}

const Operator* operator_for(std::string_view written) {
  if (const Operator* op = find_operator(written)) return op;
  for (const auto& [alias, name] : kOperatorAliases)
    if (alias == written) return find_operator(name);
  return nullptr;
}

}  // namespace burin
