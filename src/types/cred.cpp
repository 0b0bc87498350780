// `cred`: a struct cred: ids, securebits, capability sets, user namespace.
#include <cstring>

#include "types/builtin.h"
#include "types/user_namespace.h"
#include "types/wire_define.h"

namespace burin {
namespace {

#define BURIN_WIRE_CRED(X) \
  X(u64, permitted)        \
  X(u64, effective)        \
  X(u64, inheritable)      \
  X(u32, uid)              \
  X(u32, gid)              \
  X(u32, euid)             \
  X(u32, egid)             \
  X(u32, suid)             \
  X(u32, sgid)             \
  X(u32, fsuid)            \
  X(u32, fsgid)            \
  X(u32, securebits)       \
  X(u32, pad0)

struct Cred {
  BURIN_WIRE_CRED(BURIN_WIRE_CPP)
};
static_assert(sizeof(Cred) == 64);

constexpr char kSupport[] =
    BURIN_WIRE_C_STRUCT("w_cred", 80, BURIN_WIRE_CRED(BURIN_WIRE_C) "  struct w_user_ns user_ns;\n") R"(
static __always_inline long burin_read_cred(struct w_cred *w, u64 cred) {
  u64 ns = 0;
  long rc = burin_read(&w->uid, 4, (void *)(cred + L_cred_uid));
  burin_read(&w->gid, 4, (void *)(cred + L_cred_gid));
  burin_read(&w->euid, 4, (void *)(cred + L_cred_euid));
  burin_read(&w->egid, 4, (void *)(cred + L_cred_egid));
  burin_read(&w->suid, 4, (void *)(cred + L_cred_suid));
  burin_read(&w->sgid, 4, (void *)(cred + L_cred_sgid));
  burin_read(&w->fsuid, 4, (void *)(cred + L_cred_fsuid));
  burin_read(&w->fsgid, 4, (void *)(cred + L_cred_fsgid));
  burin_read(&w->securebits, 4, (void *)(cred + L_cred_securebits));
  burin_read(&w->permitted, 8, (void *)(cred + L_cred_cap_permitted));
  burin_read(&w->effective, 8, (void *)(cred + L_cred_cap_effective));
  burin_read(&w->inheritable, 8, (void *)(cred + L_cred_cap_inheritable));
  burin_read(&ns, 8, (void *)(cred + L_cred_user_ns));
  burin_read_user_ns(&w->user_ns, ns);
  return rc;
}
)";

std::string capture(const CaptureSite& site) {
  return "if (burin_read_cred(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  Cred w;
  std::memcpy(&w, field.data(), sizeof w);
  CredValue v;
  v.uid = w.uid;
  v.gid = w.gid;
  v.euid = w.euid;
  v.egid = w.egid;
  v.suid = w.suid;
  v.sgid = w.sgid;
  v.fsuid = w.fsuid;
  v.fsgid = w.fsgid;
  v.securebits = w.securebits;
  v.caps = {w.permitted, w.effective, w.inheritable};
  v.user_ns = decode_user_namespace(field.subspan(sizeof w));
  out = v;
  return true;
}

}  // namespace

ArgType cred_type() {
  ArgType t;
  t.name = "cred";
  t.summary = "a struct cred pointer: ids, securebits, capabilities, user namespace";
  t.json_key = "process_credentials_arg";
  t.shape = {"struct w_cred", sizeof(Cred) + kUserNamespaceSize, 8, 0};
  t.needs_layout = user_namespace_layout();
  for (const char* member :
       {"cred.uid", "cred.gid", "cred.euid", "cred.egid", "cred.suid", "cred.sgid", "cred.fsuid", "cred.fsgid",
        "cred.securebits", "cred.cap_permitted", "cred.cap_effective", "cred.cap_inheritable", "cred.user_ns"})
    t.needs_layout.emplace_back(member);
  t.capture = capture;
  t.decode = decode;
  t.support = {kUserNamespaceSupport, kSupport};
  return t;
}

}  // namespace burin
