/*
 * TrackSock: sock -> the process that a policy made its owner, as it was then. Later events of the policy's hooks that carry
 * the sock belong to it. No holes.
 */
struct burin_owner {
  u64 exec_ktime;
  u64 parent_ktime;
  u32 tgid;
  u32 tid;
  u32 ppid;
  u32 known; /* exec_ktime names an image */
};
BPF_TABLE("lru_hash", u64, struct burin_owner, sock_owners, 32000);

static __always_inline void burin_track_sock(u64 sk) {
  if (!sk) return;
  u64 id = bpf_get_current_pid_tgid();
  struct burin_owner owner = {.tgid = id >> 32, .tid = (u32)id};
  struct burin_proc *image = burin_image(id >> 32);
  if (image) {
    owner.exec_ktime = image->exec_ktime;
    owner.parent_ktime = image->parent_ktime;
    owner.ppid = image->ppid;
    owner.known = 1;
  }
  sock_owners.update(&sk, &owner);
}

static __always_inline void burin_untrack_sock(u64 sk) {
  if (sk) sock_owners.delete(&sk);
}

static __always_inline void burin_attribute(struct burin_head *h, u64 sk) {
  if (!sk) return;
  struct burin_owner *owner = sock_owners.lookup(&sk);
  if (!owner || (owner->tgid == h->tgid && owner->tid == h->tid)) return;
  h->tgid = owner->tgid;
  h->tid = owner->tid;
  h->exec_ktime = owner->exec_ktime;
  h->parent_ktime = owner->parent_ktime;
  h->ppid = owner->ppid;
  h->flags &= ~2; /* kHeadNoProcess */
  h->flags |= owner->known ? 32 : 32 | 2; /* kHeadSockOwner */
}
