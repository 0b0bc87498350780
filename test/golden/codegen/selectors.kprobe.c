static __always_inline int set0(u64 a) {
  if (a == 0x50ULL) return 1;
  if (a - 0x1f40ULL <= 0x3e7ULL) return 1;
  return 0;
}
static __always_inline int set1(u64 a) {
  if (a == 0x2ULL) return 1;
  return 0;
}
static __always_inline int set2(u64 a) {
  if ((a >> 10) == 0x0ULL) return 1;
  return 0;
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
u64 v_a0 = (u64)PT_REGS_PARM1(ctx);  /* selectors.yaml:10 argument 0 (sock) */
if (burin_read_sock(&r->a0, v_a0)) {  /* selectors.yaml:10 argument 0 (sock) */
  faults |= 1u;  /* selectors.yaml:10 argument 0 (sock) */
}  /* selectors.yaml:10 argument 0 (sock) */
  u32 image_tgid = bpf_get_current_pid_tgid() >> 32;  /* selectors.yaml:7 filters on the process */
  struct burin_proc *image = burin_image(image_tgid);  /* selectors.yaml:7 filters on the process */
  if (!matched) {  /* selectors.yaml:13 selector 0 */
  if ((image && (((((u64 *)image->path)[0] & 18446744073709551615ull) == 7955998172649846063ull && (((u64 *)image->path)[1] & 281474976710655ull) == 465776763695ull) || ((((u64 *)image->path)[0] & 18446744073709551615ull) == 7955998172649846063ull && (((u64 *)image->path)[1] & 281474976710655ull) == 499917485871ull)))) {  /* selectors.yaml:21 selector 0, process */
  if (!(faults & 1u) && ((r->a0.family == 2 || r->a0.family == 10) && set0(r->a0.dport))) {  /* selectors.yaml:14 selector 0, DPort */
  if (!(faults & 1u) && (set1(r->a0.family))) {  /* selectors.yaml:17 selector 0, Family */
    matched = 1;  /* selectors.yaml:13 selector 0 */
    selector = 0;  /* selectors.yaml:13 selector 0 */
    action = 1;  /* selectors.yaml:24 selector 0, Post */
  }}}}  /* selectors.yaml:13 selector 0 */
  if (!matched) {  /* selectors.yaml:25 selector 1 */
  if (!(faults & 1u) && ((r->a0.family == 2 || r->a0.family == 10) && set2(r->a0.sport))) {  /* selectors.yaml:26 selector 1, SPortPriv */
    matched = 1;  /* selectors.yaml:25 selector 1 */
    selector = 1;  /* selectors.yaml:25 selector 1 */
    post = 0;  /* selectors.yaml:29 selector 1, NoPost */
    action = 9;  /* selectors.yaml:29 selector 1, NoPost */
  }}  /* selectors.yaml:25 selector 1 */
  if (!matched) {  /* selectors.yaml:30 selector 2 */
  if (!(image && ((image->path_len >= 5 && image->path_len < 256 && image->path[(image->path_len - 5) & 255] == 47 && image->path[(image->path_len - 4) & 255] == 115 && image->path[(image->path_len - 3) & 255] == 115 && image->path[(image->path_len - 2) & 255] == 104 && image->path[(image->path_len - 1) & 255] == 100)))) {  /* selectors.yaml:31 selector 2, process */
    matched = 1;  /* selectors.yaml:30 selector 2 */
    selector = 2;  /* selectors.yaml:30 selector 2 */
    action = 1;  /* selectors.yaml:30 selector 2, Post */
  }}  /* selectors.yaml:30 selector 2 */
  if (!matched) return result;
  burin_count(slots + BURIN_MATCHED);  /* selectors.yaml:7 send */
  if (!post) return result;  /* selectors.yaml:7 send */
  burin_fill_head(&r->head, target >> 16, 160);  /* selectors.yaml:7 send */
  r->head.selector = selector;  /* selectors.yaml:7 send */
  r->head.action = action;  /* selectors.yaml:7 send */
  r->head.return_action = return_action;  /* selectors.yaml:7 send */
  r->head.faults = faults;  /* selectors.yaml:7 send */
  burin_posted(slots, events.perf_submit(ctx, r, 160));  /* selectors.yaml:7 send */
  return result;
}
int p0(struct pt_regs *ctx) {
  u32 target = 1048576;  /* selectors.yaml:7 attach point */
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
