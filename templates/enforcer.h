/*
 * What NotifyEnforcer leaves for the programs of `enforcers`: thread -> error and signal, until one of the listed calls takes
 * it. No holes.
 */
struct burin_notification {
  s32 error;
  u32 signal;
};
BPF_TABLE("lru_hash", u64, struct burin_notification, notifications, 32768);

static __always_inline void burin_notify_enforcer(u32 slots, s32 error, u32 signal) {
  u64 caller = bpf_get_current_pid_tgid();
  struct burin_notification fresh = {.error = error, .signal = signal};
  if (notifications.lookup(&caller)) burin_count(slots + BURIN_MISSED); /* no listed call took the one before */
  if (notifications.update(&caller, &fresh)) burin_count(slots + BURIN_REFUSED);
}

static __always_inline void burin_cleanup_enforcer(void) {
  u64 caller = bpf_get_current_pid_tgid();
  notifications.delete(&caller);
}
