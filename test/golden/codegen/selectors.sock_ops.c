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
BPF_TABLE("lru_hash", u64, struct rec_p0, join_p0, 4096);

int p0_state(void *ctx) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0, slots = 0;
  int matched = 0, post = 1;
  u16 protocol = *(u16 *)(ctx + T_inet_sock_set_state_protocol);
  if (protocol != 6 || *(s32 *)(ctx + T_inet_sock_set_state_newstate) != 2) return 0;
  burin_count(0 + BURIN_ENTERED);
  struct rec_p0 record = {}, *r = &record;
  u64 task = bpf_get_current_task();
  struct w_sock *w = &r->a0;
  w->family = *(u16 *)(ctx + T_inet_sock_set_state_family);
  w->protocol = protocol;
  w->type = 1; /* SOCK_STREAM: the tracepoint's TCP has no other */
  w->state = 2;
  w->sport = *(u16 *)(ctx + T_inet_sock_set_state_sport);
  w->dport = *(u16 *)(ctx + T_inet_sock_set_state_dport);
  w->cookie = *(u64 *)(ctx + T_inet_sock_set_state_skaddr);
  if (w->family == 10) {
    /* the v4 fields of an IPv6 event hold garbage; 8-byte fields, but aligned to 8 in the record only by luck: copy words */
    u32 *from = ctx + T_inet_sock_set_state_saddr_v6, *to = (u32 *)w->saddr;
    to[0] = from[0]; to[1] = from[1]; to[2] = from[2]; to[3] = from[3];
    from = ctx + T_inet_sock_set_state_daddr_v6;
    to = (u32 *)w->daddr;
    to[0] = from[0]; to[1] = from[1]; to[2] = from[2]; to[3] = from[3];
  } else {
    w->saddr[0] = *(u32 *)(ctx + T_inet_sock_set_state_saddr);
    w->daddr[0] = *(u32 *)(ctx + T_inet_sock_set_state_daddr);
  }
#ifdef L_sock_sk_mark
  burin_read(&w->mark, 4, (void *)(w->cookie + L_sock_sk_mark));
#endif
#ifdef L_sock_sk_priority
  burin_read(&w->priority, 4, (void *)(w->cookie + L_sock_sk_priority));
#endif
  matched = 1; /* the selectors need the source port */  /* selectors.yaml:7 selectors */
  if (!matched) {
    if (join_p0.delete(&task) == 0) burin_count(0 + BURIN_UNJOINED);
    return 0;
  }
  burin_fill_head(&r->head, 16, sizeof *r);
  r->head.selector = selector;
  r->head.action = action;
  r->head.state = post;
  if (join_p0.lookup(&task)) burin_count(0 + BURIN_UNJOINED); /* the attempt before ended without a SYN */
  join_p0.update(&task, r);
  return 0;
}

int p0_ops(struct bpf_sock_ops *ctx) {
  if (ctx->op != BPF_SOCK_OPS_TCP_CONNECT_CB) return 1;
  u64 task = bpf_get_current_task();
  struct rec_p0 *stored = join_p0.lookup(&task);
  if (!stored) return 1; /* filtered out at the first half */
  struct rec_p0 record = *stored, *r = &record;
  join_p0.delete(&task);
  /* A connect that failed before its SYN leaves its first half behind, and with TCP Fast Open the second half may come later
   * and belong to another socket: never report one with the other's port. */
  if (bpf_ntohl(ctx->remote_port) != r->a0.dport ||
      (r->a0.family == 2 && ctx->remote_ip4 != (u32)r->a0.daddr[0])) {
    burin_count(0 + BURIN_UNJOINED);
    return 1;
  }
  u16 selector = r->head.selector, action = r->head.action, return_action = 0;
  u32 faults = 0, active = 0, slots = 0;
  int matched = 1, post = r->head.state;
  r->a0.sport = ctx->local_port;
  r->head.flags |= 4; /* kHeadPortDeferred */
  matched = 0;  /* selectors.yaml:7 selectors */
  post = 1;  /* selectors.yaml:7 selectors */
  u32 image_tgid = r->head.tgid;  /* selectors.yaml:7 filters on the process */
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
  if (!matched) return 1;
  burin_count(0 + BURIN_MATCHED);
  if (!post) return 1;
  r->head.selector = selector;
  r->head.action = action;
  r->head.state = 0;
  burin_posted(0, events.perf_submit(ctx, r, sizeof *r));
  return 1;
}
