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
_Static_assert(__builtin_offsetof(struct rec_p0, a0) == 88, "a0");
int p0(struct pt_regs *ctx) {
  u16 selector = 0, action = 0;
  int matched = 0, post = 1, signal = 0;
  burin_count(0 + BURIN_ENTERED);
  struct rec_p0 record = {}, *r = &record;  /* selectors.yaml:7 record */
burin_read_sock(&r->a0, (u64)PT_REGS_PARM1(ctx));  /* selectors.yaml:10 argument 0 (sock) */
  u32 image_tgid = bpf_get_current_pid_tgid() >> 32;  /* selectors.yaml:7 matchBinaries */
  struct burin_proc *image = burin_image(image_tgid);  /* selectors.yaml:7 matchBinaries */
  if (!matched) {  /* selectors.yaml:13 selector 0 */
  if (((r->a0.family == 2 || r->a0.family == 10) && set0(r->a0.dport))) {  /* selectors.yaml:14 selector 0, DPort */
  if ((set1(r->a0.family))) {  /* selectors.yaml:17 selector 0, Family */
  if ((image && (((((u64 *)image->path)[0] & 18446744073709551615ull) == 7955998172649846063ull && (((u64 *)image->path)[1] & 281474976710655ull) == 465776763695ull) || ((((u64 *)image->path)[0] & 18446744073709551615ull) == 7955998172649846063ull && (((u64 *)image->path)[1] & 281474976710655ull) == 499917485871ull)))) {  /* selectors.yaml:21 selector 0, matchBinaries In */
    matched = 1;  /* selectors.yaml:13 actions of selector 0 */
    selector = 0;  /* selectors.yaml:13 actions of selector 0 */
    action = 0;  /* selectors.yaml:13 actions of selector 0 */
  }}}}  /* selectors.yaml:13 selector 0 */
  if (!matched) {  /* selectors.yaml:25 selector 1 */
  if (((r->a0.family == 2 || r->a0.family == 10) && set2(r->a0.sport))) {  /* selectors.yaml:26 selector 1, SPortPriv */
    matched = 1;  /* selectors.yaml:25 actions of selector 1 */
    selector = 1;  /* selectors.yaml:25 actions of selector 1 */
    action = 1;  /* selectors.yaml:25 actions of selector 1 */
    post = 0;  /* selectors.yaml:25 actions of selector 1 */
  }}  /* selectors.yaml:25 selector 1 */
  if (!matched) {  /* selectors.yaml:30 selector 2 */
  if ((!image || !((image->path_len >= 5 && image->path_len < 256 && image->path[(image->path_len - 5) & 255] == 47 && image->path[(image->path_len - 4) & 255] == 115 && image->path[(image->path_len - 3) & 255] == 115 && image->path[(image->path_len - 2) & 255] == 104 && image->path[(image->path_len - 1) & 255] == 100)))) {  /* selectors.yaml:31 selector 2, matchBinaries NotPostfix */
    matched = 1;  /* selectors.yaml:30 actions of selector 2 */
    selector = 2;  /* selectors.yaml:30 actions of selector 2 */
    action = 0;  /* selectors.yaml:30 actions of selector 2 */
  }}  /* selectors.yaml:30 selector 2 */
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
