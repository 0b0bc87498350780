u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
r->a0 = (s8)v_a0;
