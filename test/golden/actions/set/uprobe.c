struct rec_p0 {
  struct burin_head head;
  s32 a0;
  u64 a1;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
_Static_assert(__builtin_offsetof(struct rec_p0, a1) == 104, "a1");
static __always_inline int p0_body(struct pt_regs *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 112);
  s->tail = 0;
u64 v_a0 = (u64)(s64)(s32)(u64)ctx->di;  /* policy.yaml:11 argument 0 (int32) */
r->a0 = (s32)v_a0;  /* policy.yaml:11 argument 0 (int32) */
u64 v_a1 = 0;  /* policy.yaml:13 argument 1 (uint64) */
if (burin_read_user(&v_a1, 8, (void *)((u64)ctx->bp + -16ll))) {  /* policy.yaml:13 argument 1 (uint64) */
  faults |= 2u;  /* policy.yaml:13 argument 1 (uint64) */
}  /* policy.yaml:13 argument 1 (uint64) */
r->a1 = (u64)v_a1;  /* policy.yaml:13 argument 1 (uint64) */
  if (!matched) {  /* policy.yaml:16 selector 0 */
    matched = 1;  /* policy.yaml:16 selector 0 */
    selector = 0;  /* policy.yaml:16 selector 0 */
    {  /* policy.yaml:17 selector 0, Set */
u64 v_set = 0;  /* policy.yaml:17 selector 0, Set */
if (burin_read_user(&v_set, 8, (void *)((u64)ctx->bp + -16ll))) {  /* policy.yaml:17 selector 0, Set */
  v_set = 0;  /* policy.yaml:17 selector 0, Set */
}  /* policy.yaml:17 selector 0, Set */
    u32 set_value = 17u;  /* policy.yaml:17 selector 0, Set */
    if (burin_write_user((void *)v_set, &set_value, 4)) {  /* policy.yaml:17 selector 0, Set */
      burin_count(slots + BURIN_REFUSED);  /* policy.yaml:17 selector 0, Set */
      r->head.flags |= 16; /* kHeadActionFailed */  /* policy.yaml:17 selector 0, Set */
    }  /* policy.yaml:17 selector 0, Set */
    }  /* policy.yaml:17 selector 0, Set */
    action = 15;  /* policy.yaml:17 selector 0, Set */
  }  /* policy.yaml:16 selector 0 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* policy.yaml:7 send */
  if (!post) return result;  /* policy.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, 112);  /* policy.yaml:7 send */
  r->head.selector = selector;  /* policy.yaml:7 send */
  r->head.action = action;  /* policy.yaml:7 send */
  r->head.return_action = return_action;  /* policy.yaml:7 send */
  r->head.faults = faults;  /* policy.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, 112));  /* policy.yaml:7 send */
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
