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
struct burin_iter {
  u64 count; /* bytes that are left */
  u64 base, segments; /* the bytes themselves, or a vector of so many segments */
  u64 offset; /* what is done of the first segment */
  int single, user;
};
/* 0 when its bytes can be addressed. */
static __always_inline long burin_read_iter(struct burin_iter *it, u64 iter) {
  u8 kind = 0;
  if (burin_read(&kind, 1, (void *)(iter + L_iov_iter_iter_type))) return 1;
  burin_read(&it->count, 8, (void *)(iter + L_iov_iter_count));
  burin_read(&it->offset, 8, (void *)(iter + L_iov_iter_iov_offset));
  burin_read(&it->segments, 8, (void *)(iter + L_iov_iter_nr_segs));
  if (kind == L_iter_type_ITER_UBUF) {
    burin_read(&it->base, 8, (void *)(iter + L_iov_iter_ubuf));
    it->single = 1;
    it->user = 1;
    return 0;
  }
  it->user = kind == L_iter_type_ITER_IOVEC;
  if (!it->user && kind != L_iter_type_ITER_KVEC) return 1;
  if (!it->user) return 1;
  burin_read(&it->base, 8, (void *)(iter + L_iov_iter___iov));
  burin_read(&it->base, 8, (void *)(iter + L_iov_iter_iov));
  return 0;
}
static __always_inline void burin_text_iter(struct burin_text *t, u64 iter) {
  struct burin_iter it = {};
  t->flags = 0;
  t->len = 0;
  if (burin_read_iter(&it, iter)) return;
  if (it.single) {
    burin_text_bytes(t, it.base + it.offset, it.count, 1);
    return;
  }
  if (it.user)
    burin_text_iovec(t, it.base, it.segments, it.offset, 0, 1);
  else
    burin_text_iovec(t, it.base, it.segments, it.offset, 0, 0);
  if (t->flags & BURIN_TEXT_READ) {
    t->full = it.count; /* the last segment may be longer than what is left */
    if (t->len > it.count) t->len = it.count & (BURIN_TEXT_MAX - 1);
    t->flags = t->full > t->len ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
  }
}
static __always_inline void burin_locate_iter(struct burin_data *d, u64 iter) {
  struct burin_iter it = {};
  if (burin_read_iter(&it, iter) || it.single)
    burin_locate_bytes(d, it.base + it.offset, it.count, 1);
  else
    burin_locate_iovec(d, it.base, it.segments, it.offset, it.count, 0, it.user);
}
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_iter((&s->t[0]), v_a0);
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
      burin_locate_iter(d, v_a0);
      burin_send_data(ctx, d, (struct w_text *)&r->a0, &r->a0_data, copy, target >> 16, 0, r->head.ktime, slots);
    }
  }
  burin_posted(slots, events.perf_submit(ctx, r, (128 + (s->tail & 4095))));
