u64 v_a0 = (u64)PT_REGS_PARM2(ctx);
burin_text_path((&s->t[0]), &r->a0.mode, &s->path, v_a0);
