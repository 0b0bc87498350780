struct burin_gather {
  volatile u32 len;
  volatile u32 some; /* a segment was read, or there was none to read */
  volatile u64 full;
  char b[2 * BURIN_TEXT_MAX];
};
BPF_PERCPU_ARRAY(gather, struct burin_gather, 1);
static __always_inline void burin_text_iovec(struct burin_text *t, u64 vector, u64 count, u64 skip, int user_vector, int user_bytes) {
  u32 zero = 0;
  struct burin_gather *g = gather.lookup(&zero);
  t->flags = 0;
  t->len = 0;
  if (!g) return;
  g->len = 0;
  g->full = 0;
  g->some = count == 0;
  BURIN_SHORT_LOOP
  for (int i = 0; i < BURIN_SEGMENTS; i++) {
    u64 segment[2] = {}; /* address, bytes */
    if (i >= count) break;
    long rc = -1;
    if (!user_vector) rc = burin_read(segment, 16, (void *)(vector + 16 * i));
    if (rc) rc = burin_read_user(segment, 16, (void *)(vector + 16 * i));
    if (rc) break;
    if (i == 0 && skip <= segment[1]) {
      segment[0] += skip;
      segment[1] -= skip;
    }
    g->full += segment[1];
    u32 at = g->len & (BURIN_TEXT_MAX - 1), room = BURIN_TEXT_MAX - 1 - at;
    u32 n = segment[1] > room ? room : segment[1];
    n &= BURIN_TEXT_MAX - 1;
    rc = -1;
    if (!user_bytes) rc = burin_read(&g->b[at], n, (void *)segment[0]);
    if (rc) rc = burin_read_user(&g->b[at], n, (void *)segment[0]);
    if (rc) break;
    g->some = 1;
    g->len = at + n;
  }
  u32 n = g->len & (BURIN_TEXT_MAX - 1);
  if (!g->some) return;
  burin_read(t->b, n, g->b);
  t->len = n;
  t->full = g->full;
  t->flags = g->full > n || count > BURIN_SEGMENTS ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
}
u64 n_a0 = (u64)PT_REGS_PARM3(ctx);
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_iovec((&s->t[0]), v_a0, n_a0, 0, 0, 1);
  burin_count(slots + BURIN_MATCHED);
  if (!post) return result;
  burin_send_text(s, (struct w_text *)&r->a0, (&s->t[0]), 128, 4095);
  burin_fill_head(&r->head, target >> 16, (128 + (s->tail & 4095)));
  r->head.selector = selector;
  r->head.action = action;
  r->head.return_action = return_action;
  r->head.faults = faults;
  if (((struct w_text *)&r->a0)->flags & BURIN_TEXT_TRUNCATED) {
    u32 copy = s->copy;
    struct burin_data *d = data.lookup(&copy);
    if (d) {
      burin_locate_iovec(d, v_a0, n_a0, 0, ~0ull, 0, 1);
      burin_send_data(ctx, d, (struct w_text *)&r->a0, &r->a0_data, copy, target >> 16, 0, r->head.ktime, slots);
    }
  }
  burin_posted(slots, events.perf_submit(ctx, r, (128 + (s->tail & 4095))));
