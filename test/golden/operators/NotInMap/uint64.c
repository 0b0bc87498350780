struct set0_tab {
  u64 fence[176];
  u32 slot[128];
};
BPF_ARRAY(set0_map, struct set0_tab, 1);
static __always_inline int set0(u64 a) {
  if ((a >> 33) != 0ULL) return 0;
  int zero = 0;
  struct set0_tab *t = set0_map.lookup(&zero);
  if (!t) return 0; /* never: the map has one element */
  u64 s = (a >> 26);
  asm volatile("" : "+r"(s)); /* keeps clang from using what it knows of the key to change the mask */
  u64 w = t->slot[s & 127ULL];
  if (w & 0x40000000ULL) return w & 1; /* no boundary in this slot */
  asm volatile("" : "+r"(w)); /* what is checked is what is used */
  if (w > 48ULL) return 0; /* never; for the verifier */
  const char *p = (const char *)t->fence + (w & ~63ULL) * 8ULL;
  u64 j = (w & 63ULL) * 8ULL;
  if (a > *(const u64 *)(p + j + 248)) {
    asm volatile("" : "+r"(j));
    j = (j + 256ULL) & 1016ULL;
  }
  if (a > *(const u64 *)(p + j + 120)) {
    asm volatile("" : "+r"(j));
    j = (j + 128ULL) & 1016ULL;
  }
  if (a > *(const u64 *)(p + j + 56)) {
    asm volatile("" : "+r"(j));
    j = (j + 64ULL) & 1016ULL;
  }
  if (a > *(const u64 *)(p + j + 24)) {
    asm volatile("" : "+r"(j));
    j = (j + 32ULL) & 1016ULL;
  }
  if (a > *(const u64 *)(p + j + 8)) {
    asm volatile("" : "+r"(j));
    j = (j + 16ULL) & 1016ULL;
  }
  if (a > *(const u64 *)(p + j + 0)) {
    asm volatile("" : "+r"(j));
    j = (j + 8ULL) & 1016ULL;
  }
  return (j / 8ULL) & 1;
}
if ((!set0((u64)r->a0)))
// set0_map: 1 entries of 4 and 1920 bytes
