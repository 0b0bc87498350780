u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_string((&s->t[0]), v_a0, 0);
