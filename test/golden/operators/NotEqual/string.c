static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  if (n == 11 && *(const u64 *)(t->b + 0) == 8314049735936992559ULL && *(const u64 *)(t->b + 3) == 7239381865414537059ULL) return 1;
  if (n == 22 && *(const u64 *)(t->b + 0) == 7955998172649846063ULL && *(const u64 *)(t->b + 8) == 7306930345267257647ULL && *(const u64 *)(t->b + 14) == 7308604896128951655ULL) return 1;
  if (n == 1 && (*(const u64 *)t->b & 255ULL) == 120ULL) return 1;
  return 0;
}
if ((!set0((&s->t[0]))))
