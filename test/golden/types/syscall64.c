static __always_inline u32 burin_syscall_abi(void) {
  u64 task = bpf_get_current_task();
  u32 status = 0;
  burin_read(&status, 4, (void *)(task + L_task_struct_thread_info_status));
  return status & 2 ? 0x40000003u : 0xc000003eu;
  u64 flags = 0;
  burin_read(&flags, 8, (void *)(task + L_task_struct_thread_info_flags));
  return flags & (1u << 22) ? 0x40000028u : 0xc00000b7u;
  return 0;
}
u64 v_a0 = (u64)(s64)*(s64 *)((void *)ctx + 8);
r->a0.id = v_a0;
r->a0.abi = burin_syscall_abi();
