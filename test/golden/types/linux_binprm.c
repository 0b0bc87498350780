static __always_inline void burin_text_file(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 file) {
  burin_text_path(t, mode, p, file + L_file_f_path);
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
{
  u64 file = 0;
  burin_read(&file, 8, (void *)(v_a0 + L_linux_binprm_file));
  burin_text_file((&s->t[0]), &r->a0.mode, &s->path, file);
}
