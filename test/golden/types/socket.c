u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
{
  u64 sk = 0;
  burin_read(&sk, sizeof sk, (void *)(v_a0 + L_socket_sk));
  if (burin_read_sock(&r->a0, sk)) {
    faults |= 1u;
  }
}
