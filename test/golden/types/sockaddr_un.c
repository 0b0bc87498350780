static __always_inline void burin_text_unix(struct burin_text *t, u16 *family, u64 address, int user) {
  long rc = -1;
  t->flags = 0;
  t->len = 0;
  t->full = 0;

  if (!user) rc = burin_read(family, 2, (void *)address);
  if (rc) rc = burin_read_user(family, 2, (void *)address);
  if (rc) return;
  t->flags = BURIN_TEXT_READ;
  if (*family != 1) return; /* AF_UNIX */
  rc = -1;
  char first = 0;
  if (!user) rc = burin_read(&first, 1, (void *)(address + 2));
  if (rc) burin_read_user(&first, 1, (void *)(address + 2));
  u64 from = address + (first ? 2 : 3);
  u32 most = first ? 109 : 108; /* the longest path has no NUL of its own */
  t->b[0] = '@';
  u32 at = first ? 0 : 1;
  rc = -1;
  if (!user) rc = burin_read_str(&t->b[at], most, (void *)from);
  if (rc <= 0) rc = burin_read_user_str(&t->b[at], most, (void *)from);
  if (rc > 1) t->len = (rc - 1 + at) & 127;
  t->full = t->len;
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_unix((&s->t[0]), &r->a0.family, v_a0, 0);
