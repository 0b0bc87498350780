struct set0_v4_tab {
  u32 fence[64];
  u32 slot[128];
};
BPF_ARRAY(set0_v4_map, struct set0_v4_tab, 1);
static __always_inline int set0_v4(u32 key) {
  u64 a = key;
  if ((a >> 22) != 40ULL) return 0;
  int zero = 0;
  struct set0_v4_tab *t = set0_v4_map.lookup(&zero);
  if (!t) return 0; /* never: the map has one element */
  u64 s = (a >> 15);
  asm volatile("" : "+r"(s)); /* keeps clang from using what it knows of the key to change the mask */
  u64 w = t->slot[s & 127ULL];
  if (w & 0x40000000ULL) return w & 1; /* no boundary in this slot */
  asm volatile("" : "+r"(w)); /* what is checked is what is used */
  if (w > 60ULL) return 0; /* never; for the verifier */
  const char *p = (const char *)t->fence + (w & ~1ULL) * 4ULL;
  u64 j = (w & 1ULL) * 4ULL;
  u64 d;
  d = (u64)*(const u32 *)(p + j + 0) - a;
  asm volatile("" : "+r"(d)); /* keeps clang from making a branch of it */
  j += d >> 63 << 2;
  return (j / 4ULL) & 1;
}
static __always_inline int set0_v6(u64 h, u64 l) {
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
if ((set0_any(r->a0.daddr, r->a0.family) == 0))
// set0_v4_map: 1 entries of 4 and 768 bytes
