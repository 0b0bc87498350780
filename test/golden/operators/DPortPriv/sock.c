static __always_inline int set0(u64 a) {
  if ((a >> 10) == 0x0ULL) return 1;
  return 0;
}
if (((r->a0.family == 2 || r->a0.family == 10) && set0(r->a0.dport)))
