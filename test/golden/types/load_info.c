struct w_module {
  u64 taints;
  u32 signature;
  u32 pad0;
  char name[64];
};
_Static_assert(sizeof(struct w_module) == 80, "w_module");
static __always_inline long burin_read_load_info(struct w_module *w, u64 info) {
  u64 name = 0, module = 0;
  u8 good = 0;
  if (burin_read(&name, 8, (void *)(info + L_load_info_name))) return 1;
  if (burin_read(&good, 1, (void *)(info + L_load_info_sig_ok)) == 0) w->signature = good ? 2 : 1;
  burin_read(&module, 8, (void *)(info + L_load_info_mod));
  if (module) burin_read(&w->taints, 8, (void *)(module + L_module_taints));
  return burin_read_str(w->name, sizeof w->name, (void *)name) < 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_load_info(&r->a0, v_a0)) {
  faults |= 1u;
}
