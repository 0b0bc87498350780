u64 n_a0 = (u64)PT_REGS_PARM3(ctx);
u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_bytes((&s->t[0]), v_a0, n_a0, 0);
