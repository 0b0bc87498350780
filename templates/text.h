/*
 * Text arguments: captured into slots of the hook's scratch memory, where filters look at them; copied behind the record's
 * fixed part when the event is sent.
 *
 * Holes: @text_max@ bytes a slot holds (power of two); @texts@ slots; @record_max@ bytes of the largest record with its tail;
 * @copies@ of the working memory a CPU has.
 */
#define BURIN_TEXT_MAX @text_max@
#define BURIN_TEXT_PAD 256
/* Bits of burin_text.flags. */
#define BURIN_TEXT_READ 1      /* the text was read */
#define BURIN_TEXT_TRUNCATED 2 /* there is more than the slot holds */
struct burin_text {
  volatile u32 len; /* bytes, without the NUL; below BURIN_TEXT_MAX */
  u32 flags;
  u64 full;                  /* bytes there were, where that is known */
  char pad[BURIN_TEXT_PAD];  /* zeros: comparisons of ends reach before b; its last four bytes are a key's head meanwhile */
  char b[BURIN_TEXT_MAX + 256]; /* comparisons write behind the text and build keys behind the longest one */
};

/* One hook's working memory. */
struct burin_scratch {
  u64 busy; /* programs that want this copy: the one that found it at 0 has it */
  char record[@record_max@];
  volatile u32 tail; /* bytes behind the record's fixed part */
  u32 copy; /* which of all copies this is */
  struct burin_text t[@texts@];
  struct burin_path_buffer path;
};

/*
 * Working memory is per CPU: programs do not move to another CPU while they run. Those at kprobes and tracepoints do not
 * even nest there (the kernel runs one of them at a time on a CPU), so one copy is enough for them. Those at uprobes, raw
 * tracepoints, fentry and LSM hooks can be interrupted, or preempted, by others of the same policy: for them there are
 * several copies, each with a count of who wants it. Whoever sees the count at 1 after his own addition has the copy;
 * everybody else takes his addition back and tries the next one. Two can step back from a free copy, but never both have
 * it. When no copy is free the event is lost, and counted as failed.
 *
 * An array indexed by CPU rather than a per-CPU array, whose elements the kernel limits to 32 KiB.
 */
#define BURIN_COPIES @copies@
BPF_ARRAY(scratch, struct burin_scratch, POSSIBLE_CPUS * BURIN_COPIES);

static __always_inline struct burin_scratch *burin_take(void) {
  u32 at = bpf_get_smp_processor_id() * BURIN_COPIES;
#if BURIN_COPIES == 1
  struct burin_scratch *s = scratch.lookup(&at);
  if (s) s->copy = at;
  return s;
#else
#pragma unroll
  for (int i = 0; i < BURIN_COPIES; i++, at++) {
    struct burin_scratch *s = scratch.lookup(&at);
    if (!s) return 0;
    __sync_fetch_and_add(&s->busy, 1);
    if (*(volatile u64 *)&s->busy == 1) {
      s->copy = at;
      return s;
    }
    __sync_fetch_and_add(&s->busy, -1);
  }
  return 0;
#endif
}

static __always_inline void burin_give(struct burin_scratch *s) {
#if BURIN_COPIES > 1
  __sync_fetch_and_add(&s->busy, -1);
#endif
}

/* NUL-terminated text behind a pointer: kernel first and then user memory, or user memory only. */
static __always_inline void burin_text_string(struct burin_text *t, u64 src, int user) {
  long n = -1;
  t->flags = 0;
  t->len = 0;
  if (!user) n = burin_read_str(t->b, BURIN_TEXT_MAX, (void *)src);
  if (n <= 0) n = burin_read_user_str(t->b, BURIN_TEXT_MAX, (void *)src);
  if (n <= 0) return;
  t->len = (n - 1) & (BURIN_TEXT_MAX - 1);
  t->full = t->len;
  t->flags = n == BURIN_TEXT_MAX ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
}

/* `size` bytes, NULs among them. A negative size is an error that was returned in its place: no bytes. */
static __always_inline void burin_text_bytes(struct burin_text *t, u64 src, u64 size, int user) {
  if ((s64)size < 0) size = 0;
  u64 n = size > BURIN_TEXT_MAX - 1 ? BURIN_TEXT_MAX - 1 : size;
  u32 bounded = n & (BURIN_TEXT_MAX - 1);
  long rc = -1;
  t->flags = 0;
  t->len = 0;
  t->full = size;
  if (!user) rc = burin_read(t->b, bounded, (void *)src);
  if (rc) rc = burin_read_user(t->b, bounded, (void *)src);
  if (rc) return;
  t->len = bounded;
  t->flags = n < size ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
}

/* A file's path, walked by path.h, and its inode's mode (left as it is when there is no inode). With mnt 0 the path ends at
 * the root of the file system. */
#if defined(BURIN_HAVE_PATHS) && defined(L_task_struct_fs) && defined(L_fs_struct_root)
static __always_inline void burin_text_dentry(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 dentry,
                                              u64 mnt) {
  u64 inode = 0, fs = 0, root[2] = {};
  t->flags = 0;
  t->len = 0;
#if defined(L_dentry_d_inode) && defined(L_inode_i_mode)
  if (!dentry || burin_read(&inode, 8, (void *)(dentry + L_dentry_d_inode))) return;
  if (inode) burin_read(mode, 2, (void *)(inode + L_inode_i_mode));
#else
  if (!dentry) return;
#endif
  burin_read(&fs, 8, (void *)(bpf_get_current_task() + L_task_struct_fs));
  burin_read(&root[0], 8, (void *)(fs + L_fs_struct_root + L_path_dentry));
  burin_read(&root[1], 8, (void *)(fs + L_fs_struct_root + L_path_mnt));
  burin_walk_from(p, dentry, mnt, root[0], root[1]);
  if (p->off == 0) { /* one byte more than a slot holds */
    p->off = 1;
    p->complete = 0;
  }
  u32 start = p->off, n = (BURIN_PATH_END - start) & (BURIN_PATH_END - 1);
  burin_read(t->b, n, &p->b[start & (BURIN_PATH_END - 1)]);
  u32 flags = p->complete ? BURIN_TEXT_READ : BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED;
#ifdef L_dentry_d_hash_pprev
  /* unlinked: in no hash list, and not a root */
  u64 hashed = 1, parent = 0;
  burin_read(&hashed, 8, (void *)(dentry + L_dentry_d_hash_pprev));
  burin_read(&parent, 8, (void *)(dentry + L_dentry_d_parent));
  if (!hashed && parent != dentry) {
    __builtin_memcpy(&t->b[n & (BURIN_TEXT_MAX - 1)], " (deleted)", 10);
    n += 10;
    if (n > BURIN_TEXT_MAX - 1) {
      n = BURIN_TEXT_MAX - 1;
      flags |= BURIN_TEXT_TRUNCATED;
    }
  }
#endif
  t->len = n;
  t->full = n;
  t->flags = flags;
}
/* The same of a struct path. */
static __always_inline void burin_text_path(struct burin_text *t, u32 *mode, struct burin_path_buffer *p, u64 path) {
  u64 dentry = 0, mnt = 0;
  burin_read(&dentry, 8, (void *)(path + L_path_dentry));
  burin_read(&mnt, 8, (void *)(path + L_path_mnt));
  burin_text_dentry(t, mode, p, dentry, mnt);
}
#endif

/* Appends the stack of the program's context to the record's tail: up to 127 addresses (the kernel's PERF_MAX_STACK_DEPTH).
 * `flags`: 0 kernel, 256 (BPF_F_USER_STACK) user. */
#define BURIN_STACK_BYTES 1016
#define burin_send_stack(s, w, flags, tail_at, mask)                                          \
  {                                                                                           \
    u32 at = (s)->tail & (mask);                                                              \
    long n = burin_stack(ctx, &(s)->record[(tail_at) + at], BURIN_STACK_BYTES, flags);        \
    if (n > 0) {                                                                              \
      (w)->off = (tail_at) + at;                                                              \
      (w)->len = n;                                                                           \
      (s)->tail = at + n;                                                                     \
    }                                                                                         \
  }
/* Appends a slot's text to the record's tail. `w` names it; len stays 0 when there is none. `tail_at` is the offset of the
 * tail in the record, `mask` a power of two - 1 below which every tail stays. */
#define burin_send_text(s, w, text, tail_at, mask)                                            \
  {                                                                                           \
    u32 at = (s)->tail & (mask), n = (text)->len & (BURIN_TEXT_MAX - 1);                      \
    (w)->flags = (text)->flags;                                                               \
    (w)->full = (text)->full;                                                                 \
    (w)->off = (tail_at) + at;                                                                \
    (w)->len = n;                                                                             \
    burin_read(&(s)->record[(tail_at) + at], n, (text)->b);                                   \
    (s)->tail = at + n;                                                                       \
  }
