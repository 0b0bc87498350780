/*
 * Walks from a dentry to the root of the task, across mounts, as d_path does, and leaves the path as text. The text is built
 * backwards and ends at BURIN_PATH_END of the buffer.
 *
 * Holes: @path_end@ bytes of the longest path (power of two), @path_steps@ components and mounts that are followed,
 * @short_path_steps@ where there are no loops.
 */
#if defined(L_dentry_d_parent) && defined(L_dentry_d_name) && defined(L_qstr_name) && defined(L_qstr_len) && \
    defined(L_vfsmount_mnt_root) && defined(L_mount_mnt) && defined(L_mount_mnt_parent) && \
    defined(L_mount_mnt_mountpoint) && defined(L_path_mnt) && defined(L_path_dentry)
#define BURIN_HAVE_PATHS 1
#define BURIN_PATH_END @path_end@
#ifdef BURIN_NO_LOOPS /* a program has 4,096 instructions */
#define BURIN_PATH_STEPS @short_path_steps@
#else
#define BURIN_PATH_STEPS @path_steps@
#endif
/* Progress is kept in a map, not in registers: what is read back from a map is unknown to the verifier, so that the many
 * ways out of the walk look alike to it and are followed once (63,000 instructions walked become a few thousand). */
struct burin_path_buffer {
  volatile u32 off;
  volatile u32 complete; /* the root was reached */
  volatile u32 pathless; /* there is none: a pipe, a socket, an anonymous file */
  u32 pad;
  char b[BURIN_PATH_END + 256];
};
/* One step reads three words: of a dentry its parent, hash and length of its name, and the name's address; of a mount its
 * parent and the dentry that it is mounted on. Where they lie side by side (BURIN_STEP_READ), as in every kernel that is known,
 * one read does. */
struct burin_step {
  u64 up;
  u64 second;
  u64 name;
};
/* 0 when a is b, else 1. The verifier follows both ways out of a branch, and two ways in each of a hundred steps are slow to
 * follow although they join: so there is no branch, and the compiler must not see that there could be one. */
static __always_inline u64 burin_differs(u64 a, u64 b) {
  u64 difference = a ^ b, opposite = 0 - difference;
  asm volatile("" : "+r"(opposite));
  u64 differs = (difference | opposite) >> 63;
  asm volatile("" : "+r"(differs));
  return differs;
}
/* `set` under a mask of ones, `clear` under 0. Not with constants: for those some verifiers make two ways of it again. */
static __always_inline u64 burin_choose(u64 mask, u64 set, u64 clear) {
  return clear ^ ((set ^ clear) & mask);
}
/* Leaves the offset of the first byte in p->off (BURIN_PATH_END when there is nothing). With mnt 0 the path ends at the
 * root of the file system. */
static __always_inline void burin_walk_from(struct burin_path_buffer *p, u64 dentry, u64 mnt, u64 root_dentry, u64 root_mnt) {
  u64 mount_root = 0;
  p->off = BURIN_PATH_END;
  p->complete = 0;
  p->pathless = 0;
#ifdef BURIN_NO_LOOPS
#pragma unroll
#endif
  for (int i = 0; i < BURIN_PATH_STEPS; i++) {
    struct burin_step d = {};
    u64 below = (dentry ^ root_dentry) | (mnt ^ root_mnt);
    asm volatile("" : "+r"(below)); /* one question, not two */
    if (below == 0) {
      p->complete = 1;
      break;
    }
    mount_root = 0;
    burin_read(&mount_root, 8, (void *)(mnt + L_vfsmount_mnt_root));
    /* a step up: from a mount's root to where it is mounted, or from a dentry to its parent */
    u64 within = burin_differs(dentry, mount_root), cross = within - 1;
    u64 mount = mnt - L_mount_mnt, self = burin_choose(cross, mount, dentry);
    u64 from = self + L_mount_mnt_parent + within * (u64)(L_dentry_d_parent - L_mount_mnt_parent);
#ifdef BURIN_STEP_READ
    burin_read(&d, sizeof d, (void *)from);
#else
    burin_read(&d.up, 8, (void *)from);
    from = self + L_mount_mnt_mountpoint + within * (u64)(L_dentry_d_name + L_qstr_len - 4 - L_mount_mnt_mountpoint);
    burin_read(&d.second, 8, (void *)from);
    burin_read(&d.name, 8, (void *)(self + L_dentry_d_name + L_qstr_name));
#endif
    if (d.up == 0) break; /* unreadable */
    if (d.up == self) { /* the root of the namespace, or of a file system that is mounted nowhere */
      p->complete = 1;
      p->pathless = !cross && mnt;
      break;
    }
    u32 off = p->off, len = (d.second >> 32) & 255 & ~cross; /* NAME_MAX */
    u32 need = (len + 1) & ~cross;
    if (need > off) break;
    off -= need;
    p->off = off;
    off &= BURIN_PATH_END - 1;
    p->b[off] = '/'; /* crossing a mount: it is there already */
    burin_read(&p->b[off + 1], len, (void *)d.name);
    dentry = burin_choose(cross, d.second, d.up);
    mnt = burin_choose(cross, d.up + L_mount_mnt, mnt);
  }
  if (p->pathless && p->off < BURIN_PATH_END) p->pathless = 0;
  if (p->complete && !p->pathless && p->off == BURIN_PATH_END) {
    p->off = BURIN_PATH_END - 1;
    p->b[BURIN_PATH_END - 1] = '/';
  }
}
/* The same from two struct paths. */
static __always_inline void burin_walk(struct burin_path_buffer *p, u64 path, u64 root_path) {
  u64 dentry = 0, mnt = 0, root_dentry = 0, root_mnt = 0;
  burin_read(&dentry, 8, (void *)(path + L_path_dentry));
  burin_read(&mnt, 8, (void *)(path + L_path_mnt));
  burin_read(&root_dentry, 8, (void *)(root_path + L_path_dentry));
  burin_read(&root_mnt, 8, (void *)(root_path + L_path_mnt));
  if (dentry && mnt) {
    burin_walk_from(p, dentry, mnt, root_dentry, root_mnt);
  } else {
    p->off = BURIN_PATH_END;
    p->complete = 0;
  }
}
#else
struct burin_path_buffer {
  u32 unused;
};
#endif
