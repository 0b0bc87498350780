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
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_user_ns(&r->a0, v_a0)) {
  faults |= 1u;
}
