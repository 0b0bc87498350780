static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  u64 at = n & (BURIN_TEXT_MAX - 1);
  asm volatile("" : "+r"(at)); /* keeps clang from making one pointer a value */
  const char *e = t->b + at;
  if (n >= 3 && (*(const u64 *)(e - 8) >> 40) == 7303982ULL) return 1;
  if (n >= 16 && *(const u64 *)(e - 16) == 7598258015748579631ULL && *(const u64 *)(e - 8) == 8320793298380023162ULL) return 1;
  return 0;
}
if ((set0((&s->t[0]))))
