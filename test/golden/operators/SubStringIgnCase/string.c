struct set0_tab { u8 cls[256]; u32 next[16]; };
BPF_ARRAY(set0_map, struct set0_tab, 1);
static __always_inline int set0(struct burin_text *t) {
  u32 zero = 0, n = t->len;
  struct set0_tab *tab = set0_map.lookup(&zero);
  if (!tab) return 0; /* never: the map has one element */
  u64 at = n & (BURIN_TEXT_MAX - 1), state = 0;
  asm volatile("" : "+r"(at));
  *(u64 *)(t->b + at) = 0ULL; /* behind the text, bytes that are in no value */
#pragma clang loop unroll(disable)
  for (u64 i = 0; i < BURIN_TEXT_MAX; i += 8) {
    asm volatile("" : "+r"(i));
    if (i >= n) break;
    u64 w = *(const u64 *)(t->b + i);
    state = tab->next[(state + tab->cls[w & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 8) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 16) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 24) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 32) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 40) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[(w >> 48) & 255]) & 15];
    asm volatile("" : "+r"(state));
    state = tab->next[(state + tab->cls[w >> 56]) & 15];
    asm volatile("" : "+r"(state));
  }
  return state == 4;
}
if ((set0((&s->t[0]))))
// set0_map: 1 entries of 4 and 320 bytes
