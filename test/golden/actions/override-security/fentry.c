struct rec_p0 {
  struct burin_head head;
  s32 a0;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
static __always_inline int p0_body(u64 *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 104);
  s->tail = 0;
u64 v_a0 = 0;  /* policy.yaml:10 argument 2 (int) */
if (burin_read(&v_a0, 8, (void *)((void *)ctx + 16))) {  /* policy.yaml:10 argument 2 (int) */
  faults |= 1u;  /* policy.yaml:10 argument 2 (int) */
}  /* policy.yaml:10 argument 2 (int) */
r->a0 = (s32)v_a0;  /* policy.yaml:10 argument 2 (int) */
  if (!matched) {  /* policy.yaml:13 selector 0 */
    matched = 1;  /* policy.yaml:13 selector 0 */
    selector = 0;  /* policy.yaml:13 selector 0 */
    result = -13;  /* policy.yaml:14 selector 0, Override */
    burin_count(slots + BURIN_OVERRIDDEN);  /* policy.yaml:14 selector 0, Override */
    action = 5;  /* policy.yaml:14 selector 0, Override */
  }  /* policy.yaml:13 selector 0 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* policy.yaml:7 send */
  if (!post) return result;  /* policy.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, 104);  /* policy.yaml:7 send */
  r->head.selector = selector;  /* policy.yaml:7 send */
  r->head.action = action;  /* policy.yaml:7 send */
  r->head.return_action = return_action;  /* policy.yaml:7 send */
  r->head.faults = faults;  /* policy.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, 104));  /* policy.yaml:7 send */
  return result;
}
int p0(u64 *ctx) {
  u32 target = 1048576;  /* policy.yaml:7 attach point */
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
