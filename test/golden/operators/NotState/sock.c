static __always_inline int set0(u64 a) {
  if (a == 0x2ULL) return 1;
  if (a == 0x7ULL) return 1;
  return 0;
}
if ((!set0(r->a0.state)))
