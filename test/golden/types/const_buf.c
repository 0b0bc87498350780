u64 v_a0 = (u64)((void *)ctx + 16);
burin_text_bytes((&s->t[0]), v_a0, 48, 0);
