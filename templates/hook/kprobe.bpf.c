/*
 * A kprobe on a kernel function.
 *
 * Holes: @function@ C name of the program; @record@ struct name; @slots@ first counter slot; @hook@ hook id;
 * @declare@ declares `r`, a pointer to a zeroed record; @capture@ fills the arguments; @selectors@ sets matched, selector,
 * action, post, signal; @size@ bytes to send.
 */
int @function@(struct pt_regs *ctx) {
  u16 selector = 0, action = 0;
  int matched = 0, post = 1, signal = 0;
  burin_count(@slots@ + BURIN_ENTERED);
@declare@
@capture@
@selectors@
  if (!matched) return 0;
  burin_count(@slots@ + BURIN_MATCHED);
  if (signal) {
    if (burin_signal(signal) == 0) burin_count(@slots@ + BURIN_SIGNALED);
  }
  if (!post) return 0;
  burin_fill_head(&r->head, @hook@, @size@);
  r->head.selector = selector;
  r->head.action = action;
  burin_posted(@slots@, events.perf_submit(ctx, r, @size@));
  return 0;
}
