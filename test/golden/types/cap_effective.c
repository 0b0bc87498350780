u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
if (burin_read(&r->a0, 8, (void *)v_a0)) {
  faults |= 1u;
}
