/*
 * What a task is besides its name: its pid inside, its namespaces, its capabilities. Credentials are the objective ones
 * (real_cred, what /proc/PID/status shows), not those that the kernel borrows for a moment (cred, as overlayfs does). No holes.
 */
static __always_inline u64 burin_pointer(u64 at) {
  u64 p = 0;
  burin_read(&p, 8, (void *)at);
  return p;
}
static __always_inline u32 burin_word(u64 at) {
  u32 w = 0;
  burin_read(&w, 4, (void *)at);
  return w;
}

#if defined(L_task_struct_thread_pid) && defined(L_pid_level) && defined(L_pid_numbers) && defined(L_upid_nr) && \
    defined(L_upid_ns)
/* Where a task's innermost pid namespace has its struct upid; 0: the task was released. */
static __always_inline u64 burin_upid(u64 task) {
  u64 pid = burin_pointer(task + L_task_struct_thread_pid);
  if (!pid) return 0;
  return pid + L_pid_numbers + burin_word(pid + L_pid_level) * (u64)(L_upid_ns + 8); /* ns is the last member */
}
/* The pid of a process as its innermost pid namespace has it; 0: it has none any more. */
static __always_inline u32 burin_namespace_pid(u64 task) {
  u64 upid = burin_upid(burin_pointer(task + L_task_struct_group_leader));
  return upid ? burin_word(upid + L_upid_nr) : 0;
}
#ifdef L_pid_namespace_ns_inum
static __always_inline u32 burin_ns_pid(u64 task) {
  u64 upid = burin_upid(task), ns = upid ? burin_pointer(upid + L_upid_ns) : 0;
  return ns ? burin_word(ns + L_pid_namespace_ns_inum) : 0;
}
#endif
#endif

#ifdef L_task_struct_nsproxy
/* Inode number of a namespace that hangs on nsproxy; 0: the task has given its namespaces back. */
static __always_inline u32 burin_ns_proxied(u64 task, u32 member, u32 inum) {
  u64 proxy = burin_pointer(task + L_task_struct_nsproxy), ns = proxy ? burin_pointer(proxy + member) : 0;
  return ns ? burin_word(ns + inum) : 0;
}
#endif

#ifdef L_task_struct_real_cred
#if defined(L_cred_user_ns) && defined(L_user_namespace_ns_inum)
static __always_inline u32 burin_ns_user(u64 task) {
  u64 cred = burin_pointer(task + L_task_struct_real_cred), ns = burin_pointer(cred + L_cred_user_ns);
  return ns ? burin_word(ns + L_user_namespace_ns_inum) : 0;
}
#endif
static __always_inline u64 burin_caps(u64 task, u32 member) {
  return burin_pointer(burin_pointer(task + L_task_struct_real_cred) + member);
}
#endif

#ifdef BURIN_FACTS
/* All namespaces, by NamespaceKind; 0 where this kernel or layout has none. */
static __always_inline void burin_namespaces(u32 *ns, u64 task) {
#ifdef L_task_struct_nsproxy
#if defined(L_nsproxy_uts_ns) && defined(L_uts_namespace_ns_inum)
  ns[0] = burin_ns_proxied(task, L_nsproxy_uts_ns, L_uts_namespace_ns_inum);
#endif
#if defined(L_nsproxy_ipc_ns) && defined(L_ipc_namespace_ns_inum)
  ns[1] = burin_ns_proxied(task, L_nsproxy_ipc_ns, L_ipc_namespace_ns_inum);
#endif
#if defined(L_nsproxy_mnt_ns) && defined(L_mnt_namespace_ns_inum)
  ns[2] = burin_ns_proxied(task, L_nsproxy_mnt_ns, L_mnt_namespace_ns_inum);
#endif
#if defined(L_nsproxy_pid_ns_for_children) && defined(L_pid_namespace_ns_inum)
  ns[4] = burin_ns_proxied(task, L_nsproxy_pid_ns_for_children, L_pid_namespace_ns_inum);
#endif
#if defined(L_nsproxy_net_ns) && defined(L_net_ns_inum)
  ns[5] = burin_ns_proxied(task, L_nsproxy_net_ns, L_net_ns_inum);
#endif
#if defined(L_nsproxy_time_ns) && defined(L_time_namespace_ns_inum)
  ns[6] = burin_ns_proxied(task, L_nsproxy_time_ns, L_time_namespace_ns_inum);
#endif
#if defined(L_nsproxy_time_ns_for_children) && defined(L_time_namespace_ns_inum)
  ns[7] = burin_ns_proxied(task, L_nsproxy_time_ns_for_children, L_time_namespace_ns_inum);
#endif
#if defined(L_nsproxy_cgroup_ns) && defined(L_cgroup_namespace_ns_inum)
  ns[8] = burin_ns_proxied(task, L_nsproxy_cgroup_ns, L_cgroup_namespace_ns_inum);
#endif
#endif
#if defined(L_task_struct_thread_pid) && defined(L_pid_level) && defined(L_pid_numbers) && defined(L_upid_nr) && \
    defined(L_upid_ns) && defined(L_pid_namespace_ns_inum)
  ns[3] = burin_ns_pid(task);
#endif
#if defined(L_task_struct_real_cred) && defined(L_cred_user_ns) && defined(L_user_namespace_ns_inum)
  ns[9] = burin_ns_user(task);
#endif
}

/* Namespaces and capabilities as they are now, at an exec. */
static __always_inline void burin_record_facts(struct burin_proc *image, u64 task) {
  burin_namespaces(image->ns, task);
#if defined(L_task_struct_real_cred) && defined(L_cred_cap_effective) && defined(L_cred_cap_inheritable) && \
    defined(L_cred_cap_permitted)
  image->caps[0] = burin_caps(task, L_cred_cap_effective);
  image->caps[1] = burin_caps(task, L_cred_cap_inheritable);
  image->caps[2] = burin_caps(task, L_cred_cap_permitted);
#endif
  image->facts_known = 1;
}

#ifdef L_task_struct_nsproxy
/* A namespace of the current task now, or what it was when the process began to end. */
static __always_inline u32 burin_ns_now(u64 task, struct burin_proc *image, u32 member, u32 inum, u32 kind) {
  if (burin_pointer(task + L_task_struct_nsproxy)) return burin_ns_proxied(task, member, inum);
  return image ? image->ns_end[kind] : 0;
}
#endif
#endif
