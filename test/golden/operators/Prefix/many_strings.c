struct set0_l271_key { char b[271]; };
BPF_HASH(set0_l271, struct set0_l271_key, u8, 1);
struct set0_p_key { u32 bits; char b[16]; };
BPF_LPM_TRIE(set0_p, struct set0_p_key, u8, 33);
static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  if (n >= 271 && set0_l271.lookup((struct set0_l271_key *)t->b)) return 1;
  *(u32 *)&t->pad[BURIN_TEXT_PAD - 4] = (n < 16 ? n : 16) * 8;
  u8 *hit = set0_p.lookup((struct set0_p_key *)&t->pad[BURIN_TEXT_PAD - 4]);
  *(u32 *)&t->pad[BURIN_TEXT_PAD - 4] = 0;
  return hit != 0;
}
if ((set0((&s->t[0]))))
// set0_l271: 1 entries of 271 and 1 bytes
// set0_p: 33 entries of 20 and 1 bytes
