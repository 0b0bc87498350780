static __always_inline void burin_text_file(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 file) {
  burin_text_path(t, mode, p, file + L_file_f_path);
}
static __always_inline void burin_text_fd(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u32 fd) {
  u64 files = 0, table = 0, array = 0, file = 0;
  u32 most = 0;
  burin_read(&files, 8, (void *)(bpf_get_current_task() + L_task_struct_files));
  burin_read(&table, 8, (void *)(files + L_files_struct_fdt));
  burin_read(&most, 4, (void *)(table + L_fdtable_max_fds));
  burin_read(&array, 8, (void *)(table + L_fdtable_fd));
  t->flags = 0;
  t->len = 0;
  if (fd >= most || burin_read(&file, 8, (void *)(array + 8 * (u64)fd)) || !file) return; /* not open */
  burin_text_file(t, mode, p, file);
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_fd((&s->t[0]), &r->a0.mode, &s->path, (u32)v_a0);
