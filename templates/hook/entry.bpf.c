/*
 * A hook's program: captures, asks the selectors, acts, sends (or holds the record until the function returns). The same for
 * every rung; what differs is where values come from.
 *
 * Holes: @function@ C name of the program; @context@ type of ctx; @record@ struct name; @target@ declares `target`, which
 * of the attach points this is (hook id << 16 | number of its counters); @fixed@ bytes of the record without its tail;
 * @capture@ fills the arguments; @selectors@ sets matched, selector, action, post, active and does the actions; @send@ sends
 * or holds `r`.
 */
static __always_inline int @function@_body(@context@ctx, struct burin_scratch *s, u32 target, u32 slots) {
  u16 selector = 0, action = 0, return_action = 0;
  u32 faults = 0, active = 0;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = 1, result = 0;
  struct @record@ *r = (struct @record@ *)s->record;
  __builtin_memset(r, 0, @fixed@);
  s->tail = 0;
@capture@
@selectors@
  if (!matched) return result;
@send@
  return result;
}
int @function@(@context@ctx) {
@target@
  u32 slots = (target & 0xffff) * BURIN_SLOTS;
  burin_count(slots + BURIN_ENTERED);
  struct burin_scratch *s = burin_take();
  if (!s) {
    burin_count(slots + BURIN_FAILED);
    return 0;
  }
  int result = @function@_body(ctx, s, target, slots);
  burin_give(s);
  return result;
}
