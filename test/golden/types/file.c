static __always_inline void burin_text_file(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 file) {
  burin_text_path(t, mode, p, file + L_file_f_path);
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_file((&s->t[0]), &r->a0.mode, &s->path, v_a0);
