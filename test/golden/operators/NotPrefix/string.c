static __always_inline int set0(struct burin_text *t) {
  u32 n = t->len;
  if (n >= 5 && (*(const u64 *)t->b & 1099511627775ULL) == 203532035375ULL) return 1;
  if (n >= 15 && *(const u64 *)(t->b + 0) == 7165064483209180463ULL && *(const u64 *)(t->b + 7) == 3414407380873273699ULL) return 1;
  return 0;
}
if ((!set0((&s->t[0]))))
