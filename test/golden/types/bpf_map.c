struct w_bpf_map {
  u32 type;
  u32 key_size;
  u32 value_size;
  u32 max_entries;
  char name[16];
};
_Static_assert(sizeof(struct w_bpf_map) == 32, "w_bpf_map");
static __always_inline long burin_read_bpf_map(struct w_bpf_map *w, u64 map) {
  if (burin_read(&w->type, 4, (void *)(map + L_bpf_map_map_type))) return 1;
  burin_read(&w->key_size, 4, (void *)(map + L_bpf_map_key_size));
  burin_read(&w->value_size, 4, (void *)(map + L_bpf_map_value_size));
  burin_read(&w->max_entries, 4, (void *)(map + L_bpf_map_max_entries));
  burin_read(w->name, sizeof w->name, (void *)(map + L_bpf_map_name));
  return 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_bpf_map(&r->a0, v_a0)) {
  faults |= 1u;
}
