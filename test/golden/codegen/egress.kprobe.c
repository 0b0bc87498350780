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
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
static __always_inline int p0_body(struct pt_regs *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 160);
  s->tail = 0;
u64 v_a0 = (u64)PT_REGS_PARM1(ctx);  /* egress.yaml:10 argument 0 (sock) */
if (burin_read_sock(&r->a0, v_a0)) {  /* egress.yaml:10 argument 0 (sock) */
  faults |= 1u;  /* egress.yaml:10 argument 0 (sock) */
}  /* egress.yaml:10 argument 0 (sock) */
  if (!matched) {  /* egress.yaml:13 selector 0 */
  if (!(faults & 1u) && (set0_any(r->a0.daddr, r->a0.family) == 0)) {  /* egress.yaml:14 selector 0, NotDAddr */
    matched = 1;  /* egress.yaml:13 selector 0 */
    selector = 0;  /* egress.yaml:13 selector 0 */
    action = 1;  /* egress.yaml:13 selector 0, Post */
  }}  /* egress.yaml:13 selector 0 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* egress.yaml:7 send */
  if (!post) return result;  /* egress.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, 160);  /* egress.yaml:7 send */
  r->head.selector = selector;  /* egress.yaml:7 send */
  r->head.action = action;  /* egress.yaml:7 send */
  r->head.return_action = return_action;  /* egress.yaml:7 send */
  r->head.faults = faults;  /* egress.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, 160));  /* egress.yaml:7 send */
  return result;
}
int p0(struct pt_regs *ctx) {
  u32 target = 1048576;  /* egress.yaml:7 attach point */
  u32 slots = (target & 0xffff) * BURIN_SLOTS;
  burin_count(slots + BURIN_ENTERED);
  struct burin_scratch *s = burin_take();
  if (!s) {
    burin_count(slots + BURIN_FAILED);
    return 0;
  }
  int result = p0_body(ctx, s, target, slots);
  burin_give(s);
  return result;
}
