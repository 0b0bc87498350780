struct w_bpf_prog {
  u32 type;
  u32 insns;
  char name[16];
};
_Static_assert(sizeof(struct w_bpf_prog) == 24, "w_bpf_prog");
static __always_inline long burin_read_bpf_prog(struct w_bpf_prog *w, u64 prog) {
  u64 aux = 0;
  if (burin_read(&w->type, 4, (void *)(prog + L_bpf_prog_type))) return 1;
  burin_read(&w->insns, 4, (void *)(prog + L_bpf_prog_len));
  burin_read(&aux, 8, (void *)(prog + L_bpf_prog_aux));
  burin_read(w->name, sizeof w->name, (void *)(aux + L_bpf_prog_aux_name));
  return 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_bpf_prog(&r->a0, v_a0)) {
  faults |= 1u;
}
