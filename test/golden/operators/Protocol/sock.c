static __always_inline int set0(u64 a) {
  if (a == 0x6ULL) return 1;
  if (a == 0x3aULL) return 1;
  return 0;
}
if ((set0(r->a0.protocol)))
