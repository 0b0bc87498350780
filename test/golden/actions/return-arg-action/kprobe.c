struct rec_p0 {
  struct burin_head head;
  s32 a0;
  u32 active;
  u32 target;
  struct w_sock ret;
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 96, "a0");
_Static_assert(__builtin_offsetof(struct rec_p0, active) == 100, "active");
_Static_assert(__builtin_offsetof(struct rec_p0, target) == 104, "target");
_Static_assert(__builtin_offsetof(struct rec_p0, ret) == 112, "ret");
struct whole_p0 {
  char b[176];
} __attribute__((aligned(8)));
BPF_F_TABLE("hash", struct burin_call, struct whole_p0, held_p0, 4096, 0); /* 1: BPF_F_NO_PREALLOC */
static __always_inline int p0_body(struct pt_regs *ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  __builtin_memset(r, 0, 176);
  s->tail = 0;
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);  /* policy.yaml:10 argument 1 (int) */
r->a0 = (s32)v_a0;  /* policy.yaml:10 argument 1 (int) */
  matched = 1;  /* policy.yaml:7 no selectors: everything matches */
  action = 1;  /* policy.yaml:7 Post */
  if (!matched) return result;
  struct burin_call call = {bpf_get_current_pid_tgid(), (u64)ctx->sp, target};  /* policy.yaml:7 send */
  r->head.selector = selector;  /* policy.yaml:7 send */
  r->head.action = action;  /* policy.yaml:7 send */
  r->head.return_action = return_action;  /* policy.yaml:7 send */
  r->head.faults = faults;  /* policy.yaml:7 send */
  r->head.size = s->tail;  /* policy.yaml:7 send */
  r->head.state = post;  /* policy.yaml:7 send */
  r->active = active;  /* policy.yaml:7 send */
  r->target = target;  /* policy.yaml:7 send */
  if (held_p0.update(&call, (void *)r)) burin_count(slots + BURIN_FAILED);  /* policy.yaml:7 send */
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
static __always_inline int p0_ret_body(struct pt_regs *ctx, struct burin_scratch *s, struct rec_p0 *held) {
  struct rec_p0 *r = (struct rec_p0 *)s->record;
  burin_read(r, 176, held);
  s->tail = r->head.size;
  u16 selector = r->head.selector, action = r->head.action, return_action = 0;
  u32 faults = r->head.faults, active = r->active, target = r->target;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = r->head.state, result = 0;
  u32 slots = (target & 0xffff) * BURIN_SLOTS;
u64 v_ret = (u64)PT_REGS_RC(ctx);  /* policy.yaml:14 return value */
if (burin_read_sock(&r->ret, v_ret)) {  /* policy.yaml:14 return value */
  faults |= 2147483648u;  /* policy.yaml:14 return value */
}  /* policy.yaml:14 return value */
    burin_track_sock(r->ret.cookie);  /* policy.yaml:7 returnArgAction */
  matched = 1;  /* policy.yaml:7 no selectors: everything matches */
  if (!matched) return 0;
  burin_count(slots + BURIN_MATCHED);  /* policy.yaml:7 send */
  if (!post) return result;  /* policy.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, 176);  /* policy.yaml:7 send */
  r->head.selector = selector;  /* policy.yaml:7 send */
  r->head.action = action;  /* policy.yaml:7 send */
  r->head.return_action = return_action;  /* policy.yaml:7 send */
  r->head.faults = faults;  /* policy.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, 176));  /* policy.yaml:7 send */
  return 0;
}
int p0_ret(struct pt_regs *ctx) {
  u32 target = 1048576;  /* policy.yaml:7 attach point */
  struct burin_call call = {bpf_get_current_pid_tgid(), BURIN_FRAME_LEFT(ctx), target};
  struct rec_p0 *held = (struct rec_p0 *)held_p0.lookup(&call);
  if (!held) return 0; /* filtered out at the entry */
  struct burin_scratch *s = burin_take();
  if (s) {
    p0_ret_body(ctx, s, held);
    burin_give(s);
  } else {
    burin_count((held->target & 0xffff) * BURIN_SLOTS + BURIN_FAILED);
  }
  held_p0.delete(&call);
  return 0;
}
