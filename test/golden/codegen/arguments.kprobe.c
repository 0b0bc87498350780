static __always_inline int set0(u64 a) {
  if ((a >> 31) == 0x0ULL) return 1;
  if ((a >> 2) == 0x3fffffffffffffffULL) return 1;
  return 0;
}
struct rec_p0 {
  struct burin_head head;
  struct w_text a0;
  s32 a1;
  u64 a3;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
_Static_assert(__builtin_offsetof(struct rec_p0, a1) == 112, "a1");
_Static_assert(__builtin_offsetof(struct rec_p0, a3) == 120, "a3");
static __always_inline int p0_body(struct pt_regs *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 128);
  s->tail = 0;
u64 v_a0 = (u64)PT_REGS_PARM1(ctx);  /* arguments.yaml:10 argument 0 (string) */
burin_text_string((&s->t[0]), v_a0, 0);  /* arguments.yaml:10 argument 0 (string) */
u64 v_a1 = (u64)PT_REGS_PARM2(ctx);  /* arguments.yaml:12 argument 1 (int) */
r->a1 = (s32)v_a1;  /* arguments.yaml:12 argument 1 (int) */
u64 v_a3 = (u64)PT_REGS_PARM4(ctx);  /* arguments.yaml:16 argument 3 (uint64) */
r->a3 = (u64)v_a3;  /* arguments.yaml:16 argument 3 (uint64) */
  if (!matched) {  /* arguments.yaml:19 selector 0 */
  if (!(faults & 2u) && (set0((u64)(s64)r->a1))) {  /* arguments.yaml:20 selector 0, GT */
    matched = 1;  /* arguments.yaml:19 selector 0 */
    selector = 0;  /* arguments.yaml:19 selector 0 */
    if (burin_signal(9) == 0) {  /* arguments.yaml:24 selector 0, Sigkill */
      burin_count(slots + BURIN_SIGNALED);  /* arguments.yaml:24 selector 0, Sigkill */
    } else {  /* arguments.yaml:24 selector 0, Sigkill */
      burin_count(slots + BURIN_REFUSED);  /* arguments.yaml:24 selector 0, Sigkill */
      r->head.flags |= 16; /* kHeadActionFailed */  /* arguments.yaml:24 selector 0, Sigkill */
    }  /* arguments.yaml:24 selector 0, Sigkill */
    action = 3;  /* arguments.yaml:24 selector 0, Sigkill */
  }}  /* arguments.yaml:19 selector 0 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* arguments.yaml:7 send */
  if (!post) return result;  /* arguments.yaml:7 send */
  burin_send_text(s, (struct w_text *)&r->a0, (&s->t[0]), 128, 4095);  /* arguments.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, (128 + (s->tail & 4095)));  /* arguments.yaml:7 send */
  r->head.selector = selector;  /* arguments.yaml:7 send */
  r->head.action = action;  /* arguments.yaml:7 send */
  r->head.return_action = return_action;  /* arguments.yaml:7 send */
  r->head.faults = faults;  /* arguments.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, (128 + (s->tail & 4095))));  /* arguments.yaml:7 send */
  return result;
}
int p0(struct pt_regs *ctx) {
  u32 target = 1048576;  /* arguments.yaml:7 attach point */
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
