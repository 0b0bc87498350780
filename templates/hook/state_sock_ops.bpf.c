/*
 * tcp_connect without kprobes: sock:inet_sock_set_state sees CLOSE -> SYN_SENT in the caller's context but before the source
 * port is chosen; SOCK_OPS TCP_CONNECT_CB runs in the same call with the port. Joined through the task pointer.
 *
 * Holes: @function@, @record@, @slots@, @hook@ as in kprobe; @join@ name of the join map; @field@ the sock argument's member;
 * @early@ selectors that need no source port, evaluated at the first half (sets matched, selector, action, post);
 * @late@ selectors that do, at the second half; @owner@ makes the event the sock owner's.
 */
BPF_TABLE("lru_hash", u64, struct @record@, @join@, 4096);

int @function@_state(void *ctx) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0, slots = @slots@;
  int matched = 0, post = 1;
  u16 protocol = *(u16 *)(ctx + T_inet_sock_set_state_protocol);
  if (protocol != 6 || *(s32 *)(ctx + T_inet_sock_set_state_newstate) != 2) return 0;
  burin_count(@slots@ + BURIN_ENTERED);
  struct @record@ record = {}, *r = &record;
  u64 task = bpf_get_current_task();
  struct w_sock *w = &r->@field@;
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
@early@
  if (!matched) {
    if (@join@.delete(&task) == 0) burin_count(@slots@ + BURIN_UNJOINED);
    return 0;
  }
  burin_fill_head(&r->head, @hook@, sizeof *r);
@owner@
  r->head.selector = selector;
  r->head.action = action;
  r->head.state = post;
  if (@join@.lookup(&task)) burin_count(@slots@ + BURIN_UNJOINED); /* the attempt before ended without a SYN */
  @join@.update(&task, r);
  return 0;
}

int @function@_ops(struct bpf_sock_ops *ctx) {
  if (ctx->op != BPF_SOCK_OPS_TCP_CONNECT_CB) return 1;
  u64 task = bpf_get_current_task();
  struct @record@ *stored = @join@.lookup(&task);
  if (!stored) return 1; /* filtered out at the first half */
  struct @record@ record = *stored, *r = &record;
  @join@.delete(&task);
  /* A connect that failed before its SYN leaves its first half behind, and with TCP Fast Open the second half may come later
   * and belong to another socket: never report one with the other's port. */
  if (bpf_ntohl(ctx->remote_port) != r->@field@.dport ||
      (r->@field@.family == 2 && ctx->remote_ip4 != (u32)r->@field@.daddr[0])) {
    burin_count(@slots@ + BURIN_UNJOINED);
    return 1;
  }
  u16 selector = r->head.selector, action = r->head.action, return_action = 0;
  u32 faults = 0, active = 0, slots = @slots@;
  int matched = 1, post = r->head.state;
  r->@field@.sport = ctx->local_port;
  r->head.flags |= 4; /* kHeadPortDeferred */
@late@
  if (!matched) return 1;
  burin_count(@slots@ + BURIN_MATCHED);
  if (!post) return 1;
  r->head.selector = selector;
  r->head.action = action;
  r->head.state = 0;
  burin_posted(@slots@, events.perf_submit(ctx, r, sizeof *r));
  return 1;
}
