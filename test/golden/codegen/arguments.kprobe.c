static __always_inline int set0(u64 a) {
  if ((a >> 31) == 0x0ULL) return 1;
  if ((a >> 2) == 0x3fffffffffffffffULL) return 1;
  return 0;
}
struct rec_p0 {
  struct burin_head head;
  struct burin_wvar a0;
  s32 a1;
  u64 a3;
  char tail[1024];
} __attribute__((aligned(8)));
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 88, "a0");
_Static_assert(__builtin_offsetof(struct rec_p0, a1) == 92, "a1");
_Static_assert(__builtin_offsetof(struct rec_p0, a3) == 96, "a3");
BPF_PERCPU_ARRAY(buffer_p0, struct rec_p0, 1);
int p0(struct pt_regs *ctx) {
  u16 selector = 0, action = 0;
  int matched = 0, post = 1, signal = 0;
  burin_count(0 + BURIN_ENTERED);
  u32 zero = 0;  /* arguments.yaml:7 record */
  struct rec_p0 *r = buffer_p0.lookup(&zero);  /* arguments.yaml:7 record */
  if (!r) return 0;  /* arguments.yaml:7 record */
  u32 tail = 0;  /* arguments.yaml:7 record */
  __builtin_memset(r, 0, 104);  /* arguments.yaml:7 record */
burin_read_string(r, &r->a0, (u64)PT_REGS_PARM1(ctx));  /* arguments.yaml:10 argument 0 (string) */
r->a1 = (s32)(u64)PT_REGS_PARM2(ctx);  /* arguments.yaml:12 argument 1 (int) */
r->a3 = (u64)(u64)PT_REGS_PARM4(ctx);  /* arguments.yaml:16 argument 3 (uint64) */
  if (!matched) {  /* arguments.yaml:19 selector 0 */
  if ((set0((u64)(s64)r->a1))) {  /* arguments.yaml:20 selector 0, GT */
    matched = 1;  /* arguments.yaml:19 actions of selector 0 */
    selector = 0;  /* arguments.yaml:19 actions of selector 0 */
    action = 2;  /* arguments.yaml:19 actions of selector 0 */
    signal = 9;  /* arguments.yaml:19 actions of selector 0 */
  }}  /* arguments.yaml:19 selector 0 */
  if (!matched) return 0;
  burin_count(0 + BURIN_MATCHED);
  if (signal) {
    if (burin_signal(signal) == 0) burin_count(0 + BURIN_SIGNALED);
  }
  if (!post) return 0;
  burin_fill_head(&r->head, 16, __builtin_offsetof(struct rec_p0, tail) + (tail & 1023));
  r->head.selector = selector;
  r->head.action = action;
  burin_posted(0, events.perf_submit(ctx, r, __builtin_offsetof(struct rec_p0, tail) + (tail & 1023)));
  return 0;
}
