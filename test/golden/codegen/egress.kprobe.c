static __always_inline int set0_v4(u32 key) {
  u64 a = key;
  if ((a >> 8) == 0xa2000ULL) return 1;
  if ((a >> 8) == 0xa2100ULL) return 1;
  if ((a >> 24) == 0x7fULL) return 1;
  return 0;
}
static __always_inline int set0_v6(u64 h, u64 l) {
  if (h == 0x0ULL && l == 0x1ULL) return 1;
  return 0;
}
static __always_inline int set0_any(const u64 bytes[2], u16 family) {
  u32 v4 = 0;
  u64 hi = 0, lo = 0;
  int kind = burin_ip(bytes, family, &v4, &hi, &lo);
  if (kind == 4) return set0_v4(v4);
  if (kind == 6) return set0_v6(hi, lo);
  return -1;
}
struct rec_p0 {
  struct burin_head head;
  struct w_sock a0;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 88, "a0");
int p0(struct pt_regs *ctx) {
  u16 selector = 0, action = 0;
  int matched = 0, post = 1, signal = 0;
  burin_count(0 + BURIN_ENTERED);
  struct rec_p0 record = {}, *r = &record;  /* egress.yaml:7 record */
burin_read_sock(&r->a0, (u64)PT_REGS_PARM1(ctx));  /* egress.yaml:10 argument 0 (sock) */
  if (!matched) {  /* egress.yaml:13 selector 0 */
  if ((set0_any(r->a0.daddr, r->a0.family) == 0)) {  /* egress.yaml:14 selector 0, NotDAddr */
    matched = 1;  /* egress.yaml:13 actions of selector 0 */
    selector = 0;  /* egress.yaml:13 actions of selector 0 */
    action = 0;  /* egress.yaml:13 actions of selector 0 */
  }}  /* egress.yaml:13 selector 0 */
  if (!matched) return 0;
  burin_count(0 + BURIN_MATCHED);
  if (signal) {
    if (burin_signal(signal) == 0) burin_count(0 + BURIN_SIGNALED);
  }
  if (!post) return 0;
  burin_fill_head(&r->head, 16, sizeof *r);
  r->head.selector = selector;
  r->head.action = action;
  burin_posted(0, events.perf_submit(ctx, r, sizeof *r));
  return 0;
}
