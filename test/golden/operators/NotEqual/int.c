static __always_inline int set0(u64 a) {
  if (a == 0x10ULL) return 1;
  if (a == 0xffffffffffffffffULL) return 1;
  return 0;
}
if ((!set0((u64)(s64)r->a0)))
