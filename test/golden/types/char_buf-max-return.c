u64 n_a0 = (u64)PT_REGS_PARM3(ctx);
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_bytes((&s->t[0]), v_a0, n_a0, 0);
  burin_send_text(s, (struct w_text *)&r->a0, (&s->t[0]), 144, 4095);
  struct burin_call call = {bpf_get_current_pid_tgid(), (u64)ctx->sp, target};
  r->head.selector = selector;
  r->head.action = action;
  r->head.return_action = return_action;
  r->head.faults = faults;
  r->head.size = s->tail;
  r->head.state = post;
  r->active = active;
  r->target = target;
  if (post) {
  if (((struct w_text *)&r->a0)->flags & BURIN_TEXT_TRUNCATED) {
    u32 copy = s->copy;
    struct burin_data *d = data.lookup(&copy);
    if (d) {
      burin_locate_bytes(d, v_a0, n_a0, 0);
      burin_send_data(ctx, d, (struct w_text *)&r->a0, &r->a0_data, copy, target >> 16, 0, bpf_ktime_get_ns(), slots);
    }
  }
  }
  if (held_p0.update(&call, (void *)r)) burin_count(slots + BURIN_FAILED);
  burin_count(slots + BURIN_MATCHED);
  if (!post) return result;
  burin_fill_head(&r->head, target >> 16, (144 + (s->tail & 4095)));
  r->head.selector = selector;
  r->head.action = action;
  r->head.return_action = return_action;
  r->head.faults = faults;
  burin_posted(slots, events.perf_submit(ctx, r, (144 + (s->tail & 4095))));
