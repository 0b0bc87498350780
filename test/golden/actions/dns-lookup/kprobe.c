struct rec_p0 {
  struct burin_head head;
  struct w_text a0;
  s32 a1;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
_Static_assert(__builtin_offsetof(struct rec_p0, a1) == 112, "a1");
static __always_inline int p0_body(struct pt_regs *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 120);
  s->tail = 0;
u64 v_a0 = burin_syscall_arg(ctx, 0);  /* policy.yaml:10 argument 0 (string) */
burin_text_string((&s->t[0]), v_a0, 1);  /* policy.yaml:10 argument 0 (string) */
u64 v_a1 = burin_syscall_arg(ctx, 1);  /* policy.yaml:12 argument 1 (int) */
r->a1 = (s32)v_a1;  /* policy.yaml:12 argument 1 (int) */
  if (!matched) {  /* policy.yaml:15 selector 0 */
    matched = 1;  /* policy.yaml:15 selector 0 */
    selector = 0;  /* policy.yaml:15 selector 0 */
    action = 8;  /* policy.yaml:16 selector 0, DnsLookup */
  }  /* policy.yaml:15 selector 0 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* policy.yaml:7 send */
  if (!post) return result;  /* policy.yaml:7 send */
  burin_send_text(s, (struct w_text *)&r->a0, (&s->t[0]), 120, 4095);  /* policy.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, (120 + (s->tail & 4095)));  /* policy.yaml:7 send */
  r->head.selector = selector;  /* policy.yaml:7 send */
  r->head.action = action;  /* policy.yaml:7 send */
  r->head.return_action = return_action;  /* policy.yaml:7 send */
  r->head.faults = faults;  /* policy.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, (120 + (s->tail & 4095))));  /* policy.yaml:7 send */
  return result;
}
int p0(struct pt_regs *ctx) {
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
