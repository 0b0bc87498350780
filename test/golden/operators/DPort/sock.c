static __always_inline int set0(u64 a) {
  if (a == 0x50ULL) return 1;
  if (a - 0x1f40ULL <= 0x3e7ULL) return 1;
  return 0;
}
if (((r->a0.family == 2 || r->a0.family == 10) && set0(r->a0.dport)))
