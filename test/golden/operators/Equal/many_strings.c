struct set0_e32_key { u32 len; char b[32]; };
BPF_HASH(set0_e32, struct set0_e32_key, u8, 33);
struct set0_e128_key { u32 len; char b[128]; };
BPF_HASH(set0_e128, struct set0_e128_key, u8, 1);
static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  u64 at = n & (BURIN_TEXT_MAX - 1);
  asm volatile("" : "+r"(at));
  u64 *e = (u64 *)(t->b + at); /* what lies behind the text becomes zeros of the key */
  u8 *hit = 0;
  e[0] = 0;
  e[1] = 0;
  e[2] = 0;
  e[3] = 0;
  e[4] = 0;
  e[5] = 0;
  e[6] = 0;
  e[7] = 0;
  *(u32 *)&t->pad[BURIN_TEXT_PAD - 4] = n;
  if (n <= 32) hit = set0_e32.lookup((struct set0_e32_key *)&t->pad[BURIN_TEXT_PAD - 4]);
  if (n > 64 && n <= 128) hit = set0_e128.lookup((struct set0_e128_key *)&t->pad[BURIN_TEXT_PAD - 4]);
  *(u32 *)&t->pad[BURIN_TEXT_PAD - 4] = 0;
  return hit != 0;
}
if ((set0((&s->t[0]))))
// set0_e32: 33 entries of 36 and 1 bytes
// set0_e128: 1 entries of 132 and 1 bytes
