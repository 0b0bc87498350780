static __always_inline int set0(u64 a) {
  if (a - 0x0ULL <= 0x5ULL) return 1;
  if (a - 0x3e8ULL <= 0x3e8ULL) return 1;
  if (a - 0xfffffffffffffffbULL <= 0x4ULL) return 1;
  return 0;
}
if ((set0((u64)(s64)r->a0)))
