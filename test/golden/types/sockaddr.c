u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read_sockaddr(&r->a0, v_a0, 0)) {
  faults |= 1u;
}
