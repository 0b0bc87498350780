static __always_inline void burin_text_filename(struct burin_text *t, u64 filename) {
  u64 name = 0;
  t->flags = 0;
  t->len = 0;
  if (burin_read(&name, 8, (void *)(filename + L_filename_name)) == 0) burin_text_string(t, name, 0);
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_filename((&s->t[0]), v_a0);
