/*
 * rateLimit: which event was sent last under which key, and how many equal ones were held back since. A key is the rule (one
 * a Post action), who (thread, process or nobody in particular) and a 128-bit hash of what makes two events equal, seeded
 * with a secret of this run so that nobody can make up a collision. No holes.
 */
struct burin_rate_key {
  u64 h0;
  u64 h1;
  u32 rule;
  u32 who;
};
struct burin_rate {
  u64 sent; /* when the last event was sent */
  u64 held; /* events held back since the key was first seen */
  u64 told; /* how many of these an event has told */
};
BPF_TABLE("lru_hash", struct burin_rate_key, struct burin_rate, rates, 32768);
/* Two random words, written before anything is attached. */
BPF_ARRAY(rate_seed, u64, 2);

static __always_inline void burin_mix(struct burin_rate_key *key, u64 word) {
  key->h0 = (key->h0 ^ word) * 0x9fb21c651e98df25ull;
  key->h0 ^= key->h0 >> 32;
  key->h1 = (key->h1 + word) * 0xc2b2ae3d27d4eb4full;
  key->h1 ^= key->h1 >> 29;
}

static __always_inline void burin_rate_begin(struct burin_rate_key *key, u32 rule, u32 who) {
  u32 at = 0;
  u64 *seed = rate_seed.lookup(&at);
  if (seed) key->h0 = *seed;
  at = 1;
  seed = rate_seed.lookup(&at);
  if (seed) key->h1 = *seed;
  key->rule = rule;
  key->who = who;
}

/* Words at a constant distance; `bytes` is a constant. */
static __always_inline void burin_mix_bytes(struct burin_rate_key *key, const void *from, u32 bytes) {
  BURIN_SHORT_LOOP
  for (u32 i = 0; i + 8 <= bytes; i += 8) burin_mix(key, *(u64 *)(from + i));
  if (bytes & 4) burin_mix(key, *(u32 *)(from + (bytes & ~7u)));
  if (bytes & 2) burin_mix(key, *(u16 *)(from + (bytes & ~3u)));
  if (bytes & 1) burin_mix(key, *(u8 *)(from + (bytes & ~1u)));
}

/* The path of the program that the process runs; an unknown one is nobody's but this process's. */
static __always_inline void burin_mix_binary(struct burin_rate_key *key, u32 tgid) {
  struct burin_proc *image = burin_image(tgid);
  if (image && image->path_len && image->path_len < BURIN_PATH)
    burin_mix_bytes(key, image->path, BURIN_PATH);
  else
    burin_mix(key, ((u64)1 << 32) | tgid);
}

#ifdef BURIN_TEXT_MAX
static __always_inline void burin_mix_text(struct burin_rate_key *key, struct burin_text *t) {
  u32 len = t->len & (BURIN_TEXT_MAX - 1);
  burin_mix(key, ((u64)(t->flags & BURIN_TEXT_READ) << 32) | len);
#pragma clang loop unroll(disable)
  for (u32 i = 0; i < BURIN_TEXT_MAX; i += 8) {
    if (i >= len) break;
    u64 word = *(u64 *)&t->b[i];
    u32 left = len - i;
    if (left < 8) word &= ((u64)1 << (left * 8)) - 1;
    burin_mix(key, word);
  }
}
#endif

/* 1: an equal event was sent less than `window` ns ago, and this one is counted. 0: it goes out, and *suppressed says how many
 * were held back before it. */
static __always_inline int burin_rate_held(struct burin_rate_key *key, u64 window, u32 *suppressed) {
  u64 now = bpf_ktime_get_ns();
  struct burin_rate *rate = rates.lookup(key);
  if (!rate) {
    struct burin_rate first = {.sent = now};
    rates.update(key, &first);
    return 0;
  }
  if (now - rate->sent < window) {
    __sync_fetch_and_add(&rate->held, 1);
    return 1;
  }
  rate->sent = now;
  u64 held = rate->held;
  *suppressed += held - rate->told;
  rate->told = held;
  return 0;
}
