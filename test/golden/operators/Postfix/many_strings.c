struct set0_l271_key { char b[271]; };
BPF_HASH(set0_l271, struct set0_l271_key, u8, 1);
struct set0_r_key { u32 bits; char b[8]; };
BPF_LPM_TRIE(set0_r, struct set0_r_key, u8, 33);
static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  u64 at = n & (BURIN_TEXT_MAX - 1);
  asm volatile("" : "+r"(at));
  if (at >= 271) {
    u64 from = at - 271;
    asm volatile("" : "+r"(from)); /* what is checked is what is used */
    if (from < BURIN_TEXT_MAX - 271 && set0_l271.lookup((struct set0_l271_key *)(t->b + from))) return 1;
  }
  const char *e = t->b + at;
  u64 *k = (u64 *)&t->b[BURIN_TEXT_MAX]; /* the key is built behind the longest text */
  ((u32 *)k)[1] = (n < 8 ? n : 8) * 8;
  k[1] = __builtin_bswap64(*(const u64 *)(e - 8));
  return set0_r.lookup((struct set0_r_key *)((u32 *)k + 1)) != 0;
}
if ((set0((&s->t[0]))))
// set0_l271: 1 entries of 271 and 1 bytes
// set0_r: 33 entries of 12 and 1 bytes
