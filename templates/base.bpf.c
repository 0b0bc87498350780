/*
 * The programs that always run: exec, exit, clone, and the self-test. They keep `procs`, from which every record takes the
 * identity of its process.
 *
 * Holes: @exec_fields@, @exit_fields@, @clone_fields@ from model/record.h; @slots_exec@, @slots_exit@, @slots_clone@ first
 * counter slots; @hook_exec@, @hook_exit@, @hook_clone@ hook ids.
 */
#define BURIN_FILENAME 512
#define BURIN_ARGS 4096
#define BURIN_TAIL_MASK 8191 /* offsets into the tail; the sum of all parts is below it */
#define BURIN_TAIL (8192 + BURIN_ARGS)

struct rec_exec {
  struct burin_head head;
@exec_fields@
  char tail[BURIN_TAIL];
  volatile u32 used; /* bytes of tail; in the map for the verifier's sake, see path.h */
};
struct rec_exit {
  struct burin_head head;
@exit_fields@
};
struct rec_clone {
  struct burin_head head;
@clone_fields@
};
#define BURIN_EXEC_FIXED __builtin_offsetof(struct rec_exec, tail)

/* Bits of exec_flags (model/record.h). */
#define EXEC_EXE_TRUNCATED 1
#define EXEC_CWD_TRUNCATED 2
#define EXEC_ARGS_FAULT 4
#define EXEC_ARGS_FROM_ENTRY 8
#define EXEC_EXE_KNOWN 16
#define EXEC_CWD_KNOWN 32
#define EXEC_AUID_KNOWN 64
#define EXEC_FILENAME_TRUNCATED 128

/* With what policies want to know besides, templates/process.h goes before this. */
BPF_PERCPU_ARRAY(exec_buffer, struct rec_exec, 1);
BPF_PERCPU_ARRAY(proc_buffer, struct burin_proc, 1);
#ifdef BURIN_HAVE_PATHS
BPF_PERCPU_ARRAY(path_buffer, struct burin_path_buffer, 1);
#endif

#if !(defined(L_task_struct_mm) && defined(L_mm_struct_arg_start) && defined(L_mm_struct_arg_end))
/* Without layout argv is copied where execve begins, pointer by pointer, and found again by thread id at the exec. */
#define BURIN_ENTRY_ARGS 1
#ifdef BURIN_NO_LOOPS
#define BURIN_ENTRY_WORDS 32 /* unrolled: the program has to stay below 4,096 instructions */
#else
#define BURIN_ENTRY_WORDS 128
#endif
struct burin_argv {
  volatile u32 len; /* in the map for the verifier's sake, see path.h */
  u32 more; /* not all of it is here */
  char b[BURIN_ARGS];
};
struct burin_argv_room {
  struct burin_argv argv;
  char slack[BURIN_ARGS]; /* the verifier sees no sum of offset and length: a string may begin at the last byte */
};
BPF_PERCPU_ARRAY(argv_buffer, struct burin_argv_room, 1);
BPF_TABLE("lru_hash", u32, struct burin_argv, argv_pending, 512);

/* As much as is read where the layout is known (BURIN_ARGS - 1 bytes), always a beginning of the list. */
static __always_inline void burin_copy_argv(u64 argv) {
  u32 zero = 0, tid = (u32)bpf_get_current_pid_tgid();
  struct burin_argv_room *room = argv_buffer.lookup(&zero);
  if (!room) return;
  struct burin_argv *a = &room->argv;
  a->len = 0;
  u64 p = 0;
  long bad = burin_read_user(&p, 8, (void *)argv);
  BURIN_SHORT_LOOP
  for (int i = 1; i <= BURIN_ENTRY_WORDS; i++) {
    if (bad || !p || a->len >= BURIN_ARGS - 1) break;
    u32 at = a->len & (BURIN_ARGS - 1);
    long n = burin_read_user_str(&a->b[at], BURIN_ARGS, (void *)p);
    if (n <= 0) break; /* not in memory now, and we may not wait for it */
    a->len = at + n;
    bad = burin_read_user(&p, 8, (void *)(argv + i * 8));
  }
  a->more = bad || p;
  if (a->len > BURIN_ARGS - 1) {
    a->len = BURIN_ARGS - 1;
    a->more = 1;
  }
  argv_pending.update(&tid, a);
}

int base_execve(void *ctx) {
  burin_copy_argv(*(u64 *)(ctx + T_sys_enter_execve_argv));
  return 0;
}

int base_execveat(void *ctx) {
  burin_copy_argv(*(u64 *)(ctx + T_sys_enter_execveat_argv));
  return 0;
}
#endif

#if !defined(L_task_struct_exit_code)
/* Without layout the status comes from exit_group's argument; a death by signal leaves it unknown. (Nor do the tracepoints of
 * signals tell: which of them ends a process depends on what it handles and blocks.) */
#define BURIN_ENTRY_CODES 1
BPF_TABLE("lru_hash", u32, u32, exit_codes, 4096);
int base_exit_group(void *ctx) {
  u32 tgid = bpf_get_current_pid_tgid() >> 32, code = (*(u32 *)(ctx + T_sys_enter_exit_group_error_code) & 0xff) << 8;
  exit_codes.update(&tgid, &code);
  return 0;
}
#endif

#if !defined(T_sched_process_exit_group_dead) && !(defined(L_task_struct_signal) && defined(L_signal_struct_live))
/* Nothing says which thread is the last one (the tracepoint does since Linux 6.16): they are counted. The first thread may end
 * long before: by its own wish, or because another one executes a program and takes its place.
 * tgid -> threads, of processes whose beginning was seen: a fork, or an exec, after which there is one. */
#define BURIN_COUNT_THREADS 1
BPF_TABLE("hash", u32, u32, threads, 16384);
#endif

#ifdef BURIN_FOLLOW_PATHS
/* path -> bits of burin_proc.marks for filters with followChildren. Written by the daemon only. */
BPF_F_TABLE("hash", struct burin_path_key, u64, followed_paths, BURIN_FOLLOW_PATHS, 1); /* 1: BPF_F_NO_PREALLOC */
#endif
#ifdef BURIN_FOLLOW_PIDS
/* pid -> bits of burin_proc.marks for filters with followForks. Written by the daemon only. */
struct burin_pid_key {
  u32 pid;
  u32 namespaced; /* the pid as the process's innermost pid namespace has it */
};
BPF_F_TABLE("hash", struct burin_pid_key, u64, followed_pids, BURIN_FOLLOW_PIDS, 1);

/* The bits that the children of the current process get because of its pid. */
static __always_inline u64 burin_pid_marks(u64 task, u32 tgid) {
  struct burin_pid_key key = {tgid, 0};
  u64 *bits = followed_pids.lookup(&key), marks = bits ? *bits : 0;
#ifdef BURIN_FOLLOW_NAMESPACE_BITS
  key.pid = burin_namespace_pid(task);
  key.namespaced = 1;
  bits = followed_pids.lookup(&key);
  if (bits) marks |= *bits;
#endif
  return marks;
}
#endif

/* What a process knows of its parent, or of nobody. */
#ifdef BURIN_PARENTS
static __always_inline void burin_take_parent(struct burin_proc *image, struct burin_proc *parent) {
  if (!parent) {
    image->parent_known = 0;
    return;
  }
  image->parent_known = 1;
  image->parent_marks = parent->marks;
  image->parent_path_len = parent->path_len;
  __builtin_memcpy(image->parent_path, parent->path, BURIN_PATH);
}
#endif

int base_exec(void *ctx) {
  u32 zero = 0, n = 0;
  struct rec_exec *r = exec_buffer.lookup(&zero);
  struct burin_proc *image = proc_buffer.lookup(&zero);
  if (!r || !image) return 0;
  burin_count(@slots_exec@ + BURIN_ENTERED);
  u64 task = bpf_get_current_task(), id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  __builtin_memset(r, 0, BURIN_EXEC_FIXED);
  r->used = 0;
  __builtin_memset(image, 0, sizeof *image);
  r->old_tid = *(u32 *)(ctx + T_sched_process_exec_old_pid);

  /* who: a new image of tgid begins now */
  struct burin_proc *before = procs.lookup(&tgid);
#ifdef BURIN_COUNT_THREADS
  u32 one = 1;
  threads.update(&tgid, &one); /* the others have ended */
  if (!before) before = ended.lookup(&tgid); /* the first thread's end was taken for the process's */
#endif
  if (before) {
    image->ppid = before->ppid;
    image->parent_ktime = before->parent_ktime;
    image->marks = before->marks;
  }
#if defined(L_task_struct_real_parent) && defined(L_task_struct_tgid)
  u64 parent = 0;
  burin_read(&parent, 8, (void *)(task + L_task_struct_real_parent));
  burin_read(&image->ppid, 4, (void *)(parent + L_task_struct_tgid));
#endif
  u32 ppid = image->ppid;
  struct burin_proc *parent_image = procs.lookup(&ppid);
  if (parent_image) {
    image->parent_ktime = parent_image->exec_ktime;
    if (!before) image->marks = parent_image->marks;
  }
#ifdef BURIN_PARENTS
  if (!parent_image && before && before->ppid == ppid) {
    image->parent_known = before->parent_known;
    image->parent_marks = before->parent_marks;
    image->parent_path_len = before->parent_path_len;
    __builtin_memcpy(image->parent_path, before->parent_path, BURIN_PATH);
  } else {
    burin_take_parent(image, parent_image);
  }
#endif
#ifdef BURIN_FACTS
  burin_record_facts(image, task);
#endif
  image->exec_ktime = bpf_ktime_get_ns();

  /* what: path of the file, the name as given, working directory, arguments */
#if defined(BURIN_HAVE_PATHS) && defined(L_task_struct_fs) && defined(L_fs_struct_root) && defined(L_fs_struct_pwd)
  u64 fs = 0;
  struct burin_path_buffer *p = path_buffer.lookup(&zero);
  burin_read(&fs, 8, (void *)(task + L_task_struct_fs));
#if defined(L_task_struct_mm) && defined(L_mm_struct_exe_file) && defined(L_file_f_path)
  if (p) {
    u64 mm = 0, exe = 0;
    burin_read(&mm, 8, (void *)(task + L_task_struct_mm));
    burin_read(&exe, 8, (void *)(mm + L_mm_struct_exe_file));
    u32 off = 0;
    burin_walk(p, exe + L_file_f_path, fs + L_fs_struct_root);
    u32 start = p->off, complete = p->complete;
    n = (BURIN_PATH_END - start) & 2047;
    if (n && n <= BURIN_PATH_END) {
      burin_read(&r->tail[off & BURIN_TAIL_MASK], n, &p->b[start & (BURIN_PATH_END - 1)]);
      r->exe.off = BURIN_EXEC_FIXED + off;
      r->exe.len = n;
      r->exec_flags |= complete ? EXEC_EXE_KNOWN : EXEC_EXE_TRUNCATED;
      image->path_len = complete ? n : BURIN_PATH; /* BURIN_PATH: not known whole */
      if (complete && n < BURIN_PATH) {
        u32 bounded = n & (BURIN_PATH - 1);
        burin_read(image->path, bounded, &p->b[start & (BURIN_PATH_END - 1)]);
      }
      r->used = off + n;
    }
  }
#endif
#endif
  {
    u32 off = r->used & BURIN_TAIL_MASK;
    u32 where = *(u32 *)(ctx + T_sched_process_exec_filename) & 0xffff;
    long got = burin_read_str(&r->tail[off & BURIN_TAIL_MASK], BURIN_FILENAME, ctx + where);
    if (got > 1) {
      n = (got - 1) & (BURIN_FILENAME - 1); /* without the NUL */
      if (got == BURIN_FILENAME) r->exec_flags |= EXEC_FILENAME_TRUNCATED;
      r->filename.off = BURIN_EXEC_FIXED + off;
      r->filename.len = n;
      if (!image->path_len && n < BURIN_PATH) { /* no layout: the name as given stands for the path */
        u32 bounded = n & (BURIN_PATH - 1);
        burin_read(image->path, bounded, &r->tail[off & BURIN_TAIL_MASK]);
        image->path_len = n;
      }
      r->used = off + n;
    }
  }
#if defined(BURIN_HAVE_PATHS) && defined(L_task_struct_fs) && defined(L_fs_struct_root) && defined(L_fs_struct_pwd)
  if (p) {
    u32 off = r->used & BURIN_TAIL_MASK;
    burin_walk(p, fs + L_fs_struct_pwd, fs + L_fs_struct_root);
    u32 start = p->off, complete = p->complete;
    n = (BURIN_PATH_END - start) & 2047;
    if (n && n <= BURIN_PATH_END) {
      burin_read(&r->tail[off & BURIN_TAIL_MASK], n, &p->b[start & (BURIN_PATH_END - 1)]);
      r->cwd.off = BURIN_EXEC_FIXED + off;
      r->cwd.len = n;
      r->exec_flags |= complete ? EXEC_CWD_KNOWN : EXEC_CWD_TRUNCATED;
      r->used = off + n;
    }
  }
#endif
#if defined(BURIN_ENTRY_ARGS)
  {
    u32 off = r->used & BURIN_TAIL_MASK;
    u32 key = r->old_tid; /* an exec by a thread that was not the leader: argv was stored under the thread's id */
    struct burin_argv *a = argv_pending.lookup(&key);
    if (a) {
      n = a->len & (BURIN_ARGS - 1);
      burin_read(&r->tail[off & BURIN_TAIL_MASK], n, a->b);
      r->args.off = BURIN_EXEC_FIXED + off;
      r->args.len = n;
      r->args_total = a->more ? n + 1 : n;
      r->exec_flags |= EXEC_ARGS_FROM_ENTRY;
      r->used = off + n;
      argv_pending.delete(&key);
    } else {
      r->exec_flags |= EXEC_ARGS_FAULT;
    }
  }
#else
  {
    u32 off = r->used & BURIN_TAIL_MASK;
    u64 mm = 0, start = 0, end = 0;
    burin_read(&mm, 8, (void *)(task + L_task_struct_mm));
    burin_read(&start, 8, (void *)(mm + L_mm_struct_arg_start));
    burin_read(&end, 8, (void *)(mm + L_mm_struct_arg_end));
    u64 total = end - start;
    r->args_total = total > 0xffffffff ? 0xffffffff : total;
    n = total > BURIN_ARGS - 1 ? BURIN_ARGS - 1 : total;
    n &= BURIN_ARGS - 1;
    if (burin_read_user(&r->tail[off & BURIN_TAIL_MASK], n, (void *)start)) {
      r->exec_flags |= EXEC_ARGS_FAULT;
    } else {
      r->args.off = BURIN_EXEC_FIXED + off;
      r->args.len = n;
      r->used = off + n;
    }
  }
#endif
#ifdef L_task_struct_loginuid
  if (burin_read(&r->auid, 4, (void *)(task + L_task_struct_loginuid)) == 0) r->exec_flags |= EXEC_AUID_KNOWN;
#endif
#ifdef BURIN_FOLLOW_PATHS
  if (image->path_len && image->path_len < BURIN_PATH) {
    u64 *bits = followed_paths.lookup((struct burin_path_key *)image->path);
    if (bits) image->marks |= *bits;
  }
#endif
  if (procs.update(&tgid, image)) burin_count(@slots_exec@ + BURIN_UNMAPPED);
#ifdef BURIN_COUNT_THREADS
  ended.delete(&tgid);
#endif
  u32 off = r->used & BURIN_TAIL_MASK;
  burin_fill_head(&r->head, @hook_exec@, BURIN_EXEC_FIXED + off);
  r->head.ktime = image->exec_ktime; /* the event's time is the image's beginning */
  burin_count(@slots_exec@ + BURIN_MATCHED);
  burin_posted(@slots_exec@, events.perf_submit(ctx, r, BURIN_EXEC_FIXED + off));
  return 0;
}

int base_exit(void *ctx) {
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
#if defined(T_sched_process_exit_group_dead)
  if (!*(u8 *)(ctx + T_sched_process_exit_group_dead)) return 0;
#elif defined(L_task_struct_signal) && defined(L_signal_struct_live)
  /* live was decremented before the tracepoint, so several last threads may read 0: `ended` lets the first one through */
  u64 signal_struct = 0;
  u32 live = 0;
  burin_read(&signal_struct, 8, (void *)(bpf_get_current_task() + L_task_struct_signal));
  burin_read(&live, 4, (void *)(signal_struct + L_signal_struct_live));
  if (live) return 0;
#else
  u32 *left = threads.lookup(&tgid);
  if (left) {
    __sync_fetch_and_add(left, -1);
    if (*(volatile u32 *)left) return 0; /* several may read 0, as above */
    threads.delete(&tgid);
  } else if (tgid != (u32)id) {
    return 0; /* not counted: the first thread tells */
  }
#endif
  burin_count(@slots_exit@ + BURIN_ENTERED);
  struct rec_exit r = {};
  burin_fill_head(&r.head, @hook_exit@, sizeof r);
  struct burin_proc *image = procs.lookup(&tgid);
  if (image) {
#ifdef BURIN_FACTS
    burin_namespaces(image->ns_end, bpf_get_current_task());
#endif
    if (ended.insert(&tgid, image) == -17) return 0; /* EEXIST */
    procs.delete(&tgid);
  } else if (ended.lookup(&tgid)) {
    return 0;
  } else if (tgid != (u32)id) {
    return 0; /* unknown process: its leader tells */
  }
#ifdef L_task_struct_exit_code
  burin_read(&r.code, 4, (void *)(bpf_get_current_task() + L_task_struct_exit_code));
  r.code_known = 1;
#else
  u32 *code = exit_codes.lookup(&tgid);
  if (code) {
    r.code = *code;
    r.code_known = 1;
    exit_codes.delete(&tgid);
  }
#endif
  burin_count(@slots_exit@ + BURIN_MATCHED);
  burin_posted(@slots_exit@, events.perf_submit(ctx, &r, sizeof r));
  return 0;
}

int base_clone(void *ctx) {
  u64 clone_flags = *(u64 *)(ctx + T_task_newtask_clone_flags);
  u32 zero = 0, child = *(u32 *)(ctx + T_task_newtask_pid);
#ifdef BURIN_ENTRY_ARGS
  argv_pending.delete(&child); /* of a thread that had this id, failed to execute a program, and ended */
#endif
  if (clone_flags & 0x10000) { /* CLONE_THREAD */
#ifdef BURIN_COUNT_THREADS
    u32 of = bpf_get_current_pid_tgid() >> 32, *count = threads.lookup(&of);
    if (count) __sync_fetch_and_add(count, 1);
#endif
    return 0;
  }
#ifdef BURIN_COUNT_THREADS
  u32 one = 1;
  threads.update(&child, &one);
#endif
#ifdef BURIN_ENTRY_CODES
  exit_codes.delete(&child);
#endif
  burin_count(@slots_clone@ + BURIN_ENTERED);
  struct rec_clone r = {};
  burin_fill_head(&r.head, @hook_clone@, sizeof r);
  r.child_tgid = child;
  r.child_ktime = r.head.ktime;
  if (clone_flags & 0x8000) { /* CLONE_PARENT: a sibling */
    r.child_ppid = r.head.ppid;
    r.child_parent_ktime = r.head.parent_ktime;
  } else {
    r.child_ppid = r.head.tgid;
    r.child_parent_ktime = r.head.exec_ktime;
  }
  struct burin_proc *image = proc_buffer.lookup(&zero);
  if (!image) return 0;
  u32 tgid = r.head.tgid;
  struct burin_proc *parent = procs.lookup(&tgid);
  if (parent)
    __builtin_memcpy(image, parent, sizeof *image);
  else
    __builtin_memset(image, 0, sizeof *image);
  image->exec_ktime = r.child_ktime;
  image->parent_ktime = r.child_parent_ktime;
  image->ppid = r.child_ppid;
  if (!(clone_flags & 0x8000)) { /* with CLONE_PARENT the creator's parent and ancestors are the child's, too */
#ifdef BURIN_PARENTS
    burin_take_parent(image, parent);
#endif
#ifdef BURIN_FOLLOW_PIDS
    image->marks |= burin_pid_marks(bpf_get_current_task(), tgid);
#endif
  }
#ifdef BURIN_FOLLOW_NAMESPACE_BITS
  /* A child in another pid namespace has no ancestors there. */
  u64 task = bpf_get_current_task();
  if ((clone_flags & 0x20000000) || /* CLONE_NEWPID */
      burin_ns_proxied(task, L_nsproxy_pid_ns_for_children, L_pid_namespace_ns_inum) != burin_ns_pid(task))
    image->marks &= ~BURIN_FOLLOW_NAMESPACE_BITS;
#endif
  ended.delete(&child); /* the pid of a process that ended before */
  if (procs.update(&child, image)) burin_count(@slots_clone@ + BURIN_UNMAPPED);
  burin_count(@slots_clone@ + BURIN_MATCHED);
  burin_posted(@slots_clone@, events.perf_submit(ctx, &r, sizeof r));
  return 0;
}

#ifdef L_sock___sk_common_skc_family
/* Self-test of the sock layout: the daemon connects to itself and compares what was read with getsockname(2). */
struct burin_selftest {
  u16 want_dport;
  u16 seen;
  u32 pad;
  struct w_sock sock;
};
BPF_ARRAY(selftest, struct burin_selftest, 1);
int base_selftest(void *ctx) {
  u32 zero = 0;
  struct burin_selftest *t = selftest.lookup(&zero);
  if (!t || !t->want_dport || t->seen) return 0;
  if (*(s32 *)(ctx + T_inet_sock_set_state_oldstate) != 2) return 0; /* leaving SYN_SENT: the port is chosen */
  if (*(u16 *)(ctx + T_inet_sock_set_state_dport) != t->want_dport) return 0;
  struct w_sock w = {};
  burin_read_sock(&w, *(u64 *)(ctx + T_inet_sock_set_state_skaddr));
  t->sock = w;
  t->seen = 1;
  return 0;
}
#endif
