/*
 * Walks a struct path to text, as d_path does: from the dentry to the root of the task, across mounts. The text is built
 * backwards and ends at BURIN_PATH_END of the buffer. No holes.
 */
#if defined(L_dentry_d_parent) && defined(L_dentry_d_name) && defined(L_qstr_name) && defined(L_qstr_len) && \
    defined(L_vfsmount_mnt_root) && defined(L_mount_mnt) && defined(L_mount_mnt_parent) && \
    defined(L_mount_mnt_mountpoint) && defined(L_path_mnt) && defined(L_path_dentry)
#define BURIN_HAVE_PATHS 1
#define BURIN_PATH_END 1024
#define BURIN_PATH_STEPS 20
/* Progress is kept in a map, not in registers: what is read back from a map is unknown to the verifier, so that the many
 * ways out of the walk look alike to it and are followed once (63,000 instructions walked become a few thousand). */
struct burin_path_buffer {
  volatile u32 off;
  volatile u32 complete;
  char b[BURIN_PATH_END + 256];
};
/* Leaves the offset of the first byte in p->off (BURIN_PATH_END when there is nothing); p->complete tells whether the root
 * was reached. */
static __always_inline void burin_walk(struct burin_path_buffer *p, u64 path, u64 root_path) {
  u64 dentry = 0, mnt = 0, root_dentry = 0, root_mnt = 0, parent = 0, name = 0, mount_root = 0;
  u32 off = 0, len = 0;
  burin_read(&dentry, 8, (void *)(path + L_path_dentry));
  burin_read(&mnt, 8, (void *)(path + L_path_mnt));
  burin_read(&root_dentry, 8, (void *)(root_path + L_path_dentry));
  burin_read(&root_mnt, 8, (void *)(root_path + L_path_mnt));
  p->off = BURIN_PATH_END;
  p->complete = 0;
  if (!dentry || !mnt) return;
#pragma unroll
  for (int i = 0; i < BURIN_PATH_STEPS; i++) {
    if (dentry == root_dentry && mnt == root_mnt) {
      p->complete = 1;
      break;
    }
    mount_root = 0;
    parent = 0;
    burin_read(&mount_root, 8, (void *)(mnt + L_vfsmount_mnt_root));
    burin_read(&parent, 8, (void *)(dentry + L_dentry_d_parent));
    if (dentry == mount_root || dentry == parent) {
      u64 mount = mnt - L_mount_mnt, up = 0;
      burin_read(&up, 8, (void *)(mount + L_mount_mnt_parent));
      if (up == mount || !up || dentry != mount_root) { /* the namespace's root, or a file system without a mount point */
        p->complete = 1;
        break;
      }
      burin_read(&dentry, 8, (void *)(mount + L_mount_mnt_mountpoint));
      mnt = up + L_mount_mnt;
      continue;
    }
    name = 0;
    len = 0;
    burin_read(&len, 4, (void *)(dentry + L_dentry_d_name + L_qstr_len));
    burin_read(&name, 8, (void *)(dentry + L_dentry_d_name + L_qstr_name));
    len &= 255; /* NAME_MAX */
    off = p->off;
    if (len + 1 > off) break;
    off -= len + 1;
    off &= BURIN_PATH_END - 1;
    p->b[off] = '/';
    burin_read(&p->b[off + 1], len, (void *)name);
    p->off = off;
    dentry = parent;
  }
  if (p->complete && p->off == BURIN_PATH_END) {
    p->off = BURIN_PATH_END - 1;
    p->b[BURIN_PATH_END - 1] = '/';
  }
}
#else
struct burin_path_buffer {
  u32 unused;
};
#endif
