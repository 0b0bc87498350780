static __always_inline int set0_v4(u32 key) {
  u64 a = key;
  if ((a >> 24) == 0xaULL) return 1;
  if (a == 0xc0000201ULL) return 1;
  return 0;
}
static __always_inline int set0_v6(u64 h, u64 l) {
  if ((h >> 32) == 0x20010db8ULL) return 1;
  return 0;
}
static __always_inline int set0_any(const u64 bytes[2], u16 family) {
  u32 v4 = 0;
  u64 hi = 0, lo = 0;
  int kind = burin_ip(bytes, family, &v4, &hi, &lo);
  if (kind == 4) return set0_v4(v4);
  if (kind == 6) return set0_v6(hi, lo);
  return -1;
}
if ((set0_any(r->a0.addr, r->a0.family) == 1))
