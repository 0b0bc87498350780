struct w_perf_event {
  u64 config;
  u64 probe_offset;
  u32 type;
  u32 pad0;
  char function[128];
};
_Static_assert(sizeof(struct w_perf_event) == 152, "w_perf_event");
static __always_inline long burin_read_perf_event(struct w_perf_event *w, u64 event) {
  u64 function = 0;
  if (burin_read(&w->type, 4, (void *)(event + L_perf_event_attr + L_perf_event_attr_type))) return 1;
  burin_read(&w->config, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_config));
  burin_read(&w->probe_offset, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_probe_offset));
  burin_read(&function, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_kprobe_func));

  if (w->type > 5 && burin_read_str(w->function, sizeof w->function, (void *)function) < 0)
    burin_read_user_str(w->function, sizeof w->function, (void *)function);
  return 0;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_perf_event(&r->a0, v_a0)) {
  faults |= 1u;
}
