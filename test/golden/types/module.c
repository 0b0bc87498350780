struct w_module {
  u64 taints;
  u32 signature;
  u32 pad0;
  char name[64];
};
_Static_assert(sizeof(struct w_module) == 80, "w_module");
static __always_inline long burin_read_module(struct w_module *w, u64 module) {
  burin_read(&w->taints, 8, (void *)(module + L_module_taints));
  return burin_read_str(w->name, sizeof w->name, (void *)(module + L_module_name)) < 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_module(&r->a0, v_a0)) {
  faults |= 1u;
}
