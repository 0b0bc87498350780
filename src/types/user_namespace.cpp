// `user_namespace`: nesting level, owner and number of a user namespace.
#include "types/user_namespace.h"

#include <cstring>

#include "types/builtin.h"
#include "types/wire_define.h"

namespace burin {
namespace {

#define BURIN_WIRE_USER_NS(X) \
  X(u32, level)               \
  X(u32, uid)                 \
  X(u32, gid)                 \
  X(u32, inum)

struct UserNs {
  BURIN_WIRE_USER_NS(BURIN_WIRE_CPP)
};
static_assert(sizeof(UserNs) == kUserNamespaceSize);

std::string capture(const CaptureSite& site) {
  return "if (burin_read_user_ns(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  out = decode_user_namespace(field);
  return true;
}

}  // namespace

const char kUserNamespaceSupport[] = BURIN_WIRE_C_STRUCT("w_user_ns", 16, BURIN_WIRE_USER_NS(BURIN_WIRE_C)) R"(
static __always_inline long burin_read_user_ns(struct w_user_ns *w, u64 ns) {
  long rc = burin_read(&w->level, 4, (void *)(ns + L_user_namespace_level));
  burin_read(&w->uid, 4, (void *)(ns + L_user_namespace_owner));
  burin_read(&w->gid, 4, (void *)(ns + L_user_namespace_group));
  burin_read(&w->inum, 4, (void *)(ns + L_user_namespace_ns_inum));
  return rc;
}
)";

std::vector<std::string> user_namespace_layout() {
  return {"user_namespace.level", "user_namespace.owner", "user_namespace.group", "user_namespace.ns.inum"};
}

UserNamespaceValue decode_user_namespace(std::span<const std::byte> field) {
  UserNs w;
  std::memcpy(&w, field.data(), sizeof w);
  return {static_cast<std::int32_t>(w.level), w.uid, w.gid, w.inum};
}

ArgType user_namespace_type() {
  ArgType t;
  t.name = "user_namespace";
  t.summary = "a struct user_namespace pointer: level, owner, number";
  t.json_key = "user_ns_arg";
  t.shape = {"struct w_user_ns", sizeof(UserNs), 4, 0};
  t.needs_layout = user_namespace_layout();
  t.capture = capture;
  t.decode = decode;
  t.support = {kUserNamespaceSupport};
  return t;
}

}  // namespace burin
