struct w_bpf_prog {
  u32 type;
  u32 insns;
  char name[16];
};
_Static_assert(sizeof(struct w_bpf_prog) == 24, "w_bpf_prog");
static __always_inline long burin_read_bpf_attr(struct w_bpf_prog *w, u64 attr) {
  if (burin_read(&w->type, 8, (void *)attr) && burin_read_user(&w->type, 8, (void *)attr)) return 1;
  if (burin_read(w->name, sizeof w->name, (void *)(attr + 48)))
    burin_read_user(w->name, sizeof w->name, (void *)(attr + 48));
  return 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_bpf_attr(&r->a0, v_a0)) {
  faults |= 1u;
}
