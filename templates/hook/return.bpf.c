/*
 * The second half of a hook with `return: true`: takes the record that the entry held, adds the return value, asks
 * matchReturnArgs, sends.
 *
 * Holes: @function@, @context@, @record@, @target@ as in entry; @frame@ where the call's frame was; @held@ name of the map of held records; @whole@ bytes of a
 * record with its tail; @capture@ fills the return value; @selectors@ sets matched, selector, return_action, post; @send@
 * sends `r`.
 */
static __always_inline int @function@_body(@context@ctx, struct burin_scratch *s, struct @record@ *held) {
  struct @record@ *r = (struct @record@ *)s->record;
  burin_read(r, @whole@, held);
  s->tail = r->head.size;
  u16 selector = r->head.selector, action = r->head.action, return_action = 0;
  u32 faults = r->head.faults, active = r->active, target = r->target;
  u32 wants = 0; /* stacks: 1 kernel, 2 user */
  int matched = 0, post = r->head.state, result = 0;
  u32 slots = (target & 0xffff) * BURIN_SLOTS;
@capture@
@selectors@
  if (!matched) return 0;
@send@
  return 0;
}
int @function@(@context@ctx) {
@target@
  struct burin_call call = {bpf_get_current_pid_tgid(), @frame@, target};
  struct @record@ *held = (struct @record@ *)@held@.lookup(&call);
  if (!held) return 0; /* filtered out at the entry */
  struct burin_scratch *s = burin_take();
  if (s) {
    @function@_body(ctx, s, held);
    burin_give(s);
  } else {
    burin_count((held->target & 0xffff) * BURIN_SLOTS + BURIN_FAILED);
  }
  @held@.delete(&call);
  return 0;
}
