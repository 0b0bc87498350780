/*
 * Included first in every unit that burin generates: scalar helpers, the record head, the process map, counters.
 *
 * Holes: @head_fields@, @proc_fields@, @proc_parent_fields@ and @proc_facts_fields@ (members of struct burin_head and
 * burin_proc, from model/record.h), @wire_structs@ (argument structs, from types/wire_structs.h), @counter_slots@ (u64 slots
 * of the counter array).
 *
 * What depends on the machine arrives as macros: L_struct_member = offset of a kernel structure's member (absent when the
 * layout source does not know it), T_event_field = offset of a tracepoint's field. What the policies of this daemon need to
 * know of processes (ProcessNeeds) arrives as BURIN_PARENTS, BURIN_FACTS and BURIN_FOLLOW_...
 *
 * Every kernel access is an explicit read into a zeroed local: BCC's rewriter is used for map methods only.
 */
#include <linux/ptrace.h> /* struct pt_regs: the shim's */

#ifdef BURIN_ONE_READ /* before Linux 5.5: the helpers take addresses of the kernel's memory and of the user's alike */
static long (*burin_read)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read;
static long (*burin_read_user)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read;
static long (*burin_read_str)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_str;
static long (*burin_read_user_str)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_str;
#else
static long (*burin_read)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_kernel;
static long (*burin_read_user)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_user;
static long (*burin_read_str)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_kernel_str;
static long (*burin_read_user_str)(void *dst, u32 size, const void *src) = (void *)BPF_FUNC_probe_read_user_str;
#endif
static u64 (*burin_cookie)(void *ctx) = (void *)174; /* BPF_FUNC_get_attach_cookie, Linux 5.15 */
#ifdef BURIN_NO_SIGNAL /* before Linux 5.3; only the programs of enforcers still ask, and no notification has a signal */
static __always_inline long burin_signal(u32 signal) { return -1; }
#else
static long (*burin_signal)(u32 signal) = (void *)BPF_FUNC_send_signal;
#endif
static long (*burin_stack)(void *ctx, void *buffer, u32 size, u64 flags) = (void *)67;         /* BPF_FUNC_get_stack */
static long (*burin_override)(void *ctx, u64 value) = (void *)58;                              /* BPF_FUNC_override_return */
static long (*burin_write_user)(void *dst, const void *src, u32 size) = (void *)36;            /* BPF_FUNC_probe_write_user */

/* Before Linux 5.3 the verifier takes no jump backwards: BURIN_NO_LOOPS. Short loops are unrolled there. */
#ifdef BURIN_NO_LOOPS
#define BURIN_SHORT_LOOP _Pragma("unroll")
#else
#define BURIN_SHORT_LOOP _Pragma("clang loop unroll(disable)")
#endif

struct burin_wvar {
  u16 off;
  u16 len;
};

struct burin_head {
@head_fields@
};
@wire_structs@

/* One running program image (model/record.h). */
#define BURIN_PATH 256
struct burin_proc {
@proc_fields@
#ifdef BURIN_PARENTS
@proc_parent_fields@
#endif
#ifdef BURIN_FACTS
@proc_facts_fields@
#endif
};
struct burin_path_key {
  char b[BURIN_PATH];
};
/* tgid -> image. Shared by all units; seeded from /proc by the daemon. */
BPF_TABLE("hash", u32, struct burin_proc, procs, 16384);
/* Images that exit was told of: a dying process still closes its sockets and files after that. Shared by all units. */
BPF_TABLE("lru_hash", u32, struct burin_proc, ended, 1024);
BPF_PERF_OUTPUT(events);

/* A call of a function, from its entry to its return: who called, from where on the stack (a function that calls itself, and
 * idle CPUs, which all are thread 0, have other frames), and which of the attach points it is (hook/entry.bpf.c). */
struct burin_call {
  u64 caller; /* tgid << 32 | tid */
  u64 frame;  /* stack pointer at the entry; 0 where calls do not nest */
  u64 target;
};
/* The same at the return: x86's has popped the return address, which 32-bit programs (code segment 0x23) have in 4 bytes. */
#if defined(__x86_64__)
#define BURIN_FRAME_LEFT(ctx) ((u64)(ctx)->sp - ((ctx)->cs == 0x23 ? 4 : 8))
#else
#define BURIN_FRAME_LEFT(ctx) ((u64)(ctx)->sp)
#endif

/* Counters of this unit, BURIN_SLOTS a hook. */
#define BURIN_SLOTS 16
#define BURIN_ENTERED 0  /* the hook fired */
#define BURIN_MATCHED 1  /* a selector matched (or there is none) */
#define BURIN_POSTED 2   /* a record went into the perf buffer */
#define BURIN_NOSPACE 3  /* the perf buffer was full */
#define BURIN_FAILED 4   /* the record could not be written for another reason */
#define BURIN_SIGNALED 5 /* a signal was sent */
#define BURIN_UNJOINED 6 /* the first half of a join was followed by no second half of its own */
#define BURIN_OVERRIDDEN 8 /* a return value was overridden */
#define BURIN_SUPPRESSED 9 /* rateLimit held an event back */
#define BURIN_MONITORED 10 /* an enforcing action that monitor mode did not do */
#define BURIN_MISSED 11 /* a notification of the enforcer that no listed call took */
#define BURIN_REFUSED 12 /* an action that the kernel refused */
#define BURIN_UNMAPPED 7 /* the process map was full: this process has no identity in the kernel */
BPF_PERCPU_ARRAY(counters, u64, @counter_slots@);

static __always_inline void burin_count(u32 slot) {
  u64 *c = counters.lookup(&slot);
  if (c) *c += 1;
}

/* Counts the outcome of perf_submit for the hook whose slots begin at base. */
static __always_inline void burin_posted(u32 base, long rc) {
  if (rc == 0)
    burin_count(base + BURIN_POSTED);
  else if (rc == -28) /* ENOSPC */
    burin_count(base + BURIN_NOSPACE);
  else
    burin_count(base + BURIN_FAILED);
}

/* The image of a process, also while it dies; null when it is not known. */
static __always_inline struct burin_proc *burin_image(u32 tgid) {
  struct burin_proc *image = procs.lookup(&tgid);
  if (!image) image = ended.lookup(&tgid);
  return image;
}

/* Parameter `index` of a syscall, from the registers that its wrapper was given: the wrapper's only parameter. */
static __always_inline u64 burin_syscall_word(u64 regs, int index) {
  u64 value = 0;
#if defined(__x86_64__)
  const u32 at = index == 0   ? __builtin_offsetof(struct pt_regs, di)
                 : index == 1 ? __builtin_offsetof(struct pt_regs, si)
                 : index == 2 ? __builtin_offsetof(struct pt_regs, dx)
                 : index == 3 ? __builtin_offsetof(struct pt_regs, r10)
                 : index == 4 ? __builtin_offsetof(struct pt_regs, r8)
                              : __builtin_offsetof(struct pt_regs, r9);
#else
  const u32 at = index * 8;
#endif
  burin_read(&value, 8, (void *)(regs + at));
  return value;
}

/* The same for a 32-bit call: its six parameters came in ebx, ecx, edx, esi, edi, ebp. */
static __always_inline u64 burin_compat_word(u64 regs, int index) {
  u64 value = 0;
#if defined(__x86_64__)
  const u32 at = index == 0   ? __builtin_offsetof(struct pt_regs, bx)
                 : index == 1 ? __builtin_offsetof(struct pt_regs, cx)
                 : index == 2 ? __builtin_offsetof(struct pt_regs, dx)
                 : index == 3 ? __builtin_offsetof(struct pt_regs, si)
                 : index == 4 ? __builtin_offsetof(struct pt_regs, di)
                              : __builtin_offsetof(struct pt_regs, bp);
#else
  const u32 at = index * 8;
#endif
  burin_read(&value, 8, (void *)(regs + at));
  return (u32)value;
}

/* Both at a kprobe on the wrapper. */
static __always_inline u64 burin_syscall_arg(struct pt_regs *ctx, int index) {
  return burin_syscall_word(PT_REGS_PARM1(ctx), index);
}
static __always_inline u64 burin_compat_arg(struct pt_regs *ctx, int index) {
  return burin_compat_word(PT_REGS_PARM1(ctx), index);
}

/* Fills the head for the current task. The record was zeroed. */
static __always_inline void burin_fill_head(struct burin_head *h, u16 hook, u32 size) {
  u64 id = bpf_get_current_pid_tgid();
  u32 tgid = id >> 32;
  h->hook = hook;
  h->size = size;
  h->ktime = bpf_ktime_get_ns();
  h->tgid = tgid;
  h->tid = (u32)id;
#ifndef BURIN_NO_CGROUP_ID /* before Linux 4.18 */
  h->cgroup_id = bpf_get_current_cgroup_id();
#endif
  bpf_get_current_comm(h->comm, sizeof h->comm);
#if defined(L_task_struct_cred) && defined(L_cred_euid)
  u64 task = bpf_get_current_task(), cred = 0;
  burin_read(&cred, sizeof cred, (void *)(task + L_task_struct_cred));
  burin_read(&h->uid, sizeof h->uid, (void *)(cred + L_cred_euid));
#else
  h->uid = (u32)bpf_get_current_uid_gid();
  h->flags |= 1; /* kHeadRealUid */
#endif
#ifdef L_task_struct_group_leader
#ifdef L_task_struct_start_boottime
  u64 leader = 0;
  burin_read(&leader, sizeof leader, (void *)((u64)bpf_get_current_task() + L_task_struct_group_leader));
  burin_read(&h->start_boot, sizeof h->start_boot, (void *)(leader + L_task_struct_start_boottime));
#endif
#endif
  struct burin_proc *p = burin_image(tgid);
  if (p) {
    h->exec_ktime = p->exec_ktime;
    h->parent_ktime = p->parent_ktime;
    h->ppid = p->ppid;
  } else {
    h->flags |= 2; /* kHeadNoProcess */
  }
}

/* 4: *v4 is the IPv4 address in host order; 6: *hi, *lo are the halves in host order; 0: not an IP family.
 * An IPv4-mapped IPv6 address is IPv4. */
static __always_inline int burin_ip(const u64 a[2], u16 family, u32 *v4, u64 *hi, u64 *lo) {
  if (family == 2) {
    *v4 = __builtin_bswap32((u32)a[0]);
    return 4;
  }
  if (family != 10) return 0;
  if (a[0] == 0 && (u32)a[1] == 0xffff0000u) {
    *v4 = __builtin_bswap32((u32)(a[1] >> 32));
    return 4;
  }
  *hi = __builtin_bswap64(a[0]);
  *lo = __builtin_bswap64(a[1]);
  return 6;
}
