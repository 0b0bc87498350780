struct w_user_ns {
  u32 level;
  u32 uid;
  u32 gid;
  u32 inum;
};
_Static_assert(sizeof(struct w_user_ns) == 16, "w_user_ns");
static __always_inline long burin_read_user_ns(struct w_user_ns *w, u64 ns) {
  long rc = burin_read(&w->level, 4, (void *)(ns + L_user_namespace_level));
  burin_read(&w->uid, 4, (void *)(ns + L_user_namespace_owner));
  burin_read(&w->gid, 4, (void *)(ns + L_user_namespace_group));
  burin_read(&w->inum, 4, (void *)(ns + L_user_namespace_ns_inum));
  return rc;
}
struct w_cred {
  u64 permitted;
  u64 effective;
  u64 inheritable;
  u32 uid;
  u32 gid;
  u32 euid;
  u32 egid;
  u32 suid;
  u32 sgid;
  u32 fsuid;
  u32 fsgid;
  u32 securebits;
  u32 pad0;
  struct w_user_ns user_ns;
};
_Static_assert(sizeof(struct w_cred) == 80, "w_cred");
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
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_cred(&r->a0, v_a0)) {
  faults |= 1u;
}
