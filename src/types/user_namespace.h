// The part of a user namespace that `cred` shows too.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "model/value.h"

namespace burin {

/// Bytes of struct w_user_ns.
inline constexpr std::size_t kUserNamespaceSize = 16;
/// C text: struct w_user_ns and burin_read_user_ns().
extern const char kUserNamespaceSupport[];
std::vector<std::string> user_namespace_layout();
/// `field` has at least kUserNamespaceSize bytes.
UserNamespaceValue decode_user_namespace(std::span<const std::byte> field);

}  // namespace burin
