/*
 * A program of `enforcers`: does to the current thread what NotifyEnforcer asked for.
 *
 * Holes: @function@, @context@, @slots@ as in entry; @enforce@ uses `error`, counts, sets `result`.
 */
int @function@(@context@ctx) {
  u64 caller = bpf_get_current_pid_tgid();
  int result = 0;
  u32 slots = @slots@;
  struct burin_notification *found = notifications.lookup(&caller);
  if (!found) return 0;
  s32 error = found->error;
  u32 signal = found->signal;
  notifications.delete(&caller);
  burin_count(slots + BURIN_MATCHED);
  if (signal) {
    if (burin_signal(signal) == 0)
      burin_count(slots + BURIN_SIGNALED);
    else
      burin_count(slots + BURIN_REFUSED);
  }
@enforce@
  return result;
}
