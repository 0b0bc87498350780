static __always_inline int set0(u64 a) {
  if (a == 0x4000ULL) return 1;
  return 0;
}
if (((r->a0.mode & 61440) != 0 && (!set0((r->a0.mode & 61440)))))
