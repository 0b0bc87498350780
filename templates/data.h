/*
 * maxData: the bytes of an argument that its text slot (templates/text.h) does not hold. They are sent before the event, in
 * data records of their own on the same ring (wire::Data); the event names them. They are read where the argument lies, not in
 * the slot, and one loop serves single buffers and arrays of segments.
 *
 * Holes: @data_fields@ and @ref_fields@ (members of struct burin_chunk and w_data, from model/record.h), @chunk_size@ and
 * @ref_size@ (their sizes); @chunk@ bytes a data record carries; @data_max@ bytes of a whole value; @hook@ of data records.
 */
#define BURIN_CHUNK @chunk@
#define BURIN_CHUNK_ROOM 32768 /* a power of two, more than BURIN_CHUNK */
#define BURIN_DATA_MAX @data_max@
/* Segments that are looked at, plus reads: one for each piece of a segment in a chunk, and some more around a page that
 * cannot be read. */
#define BURIN_DATA_STEPS 128
struct burin_chunk {
  struct burin_head head;
@data_fields@
};
_Static_assert(sizeof(struct burin_chunk) == @chunk_size@, "burin_chunk");
struct w_data {
@ref_fields@
};
_Static_assert(sizeof(struct w_data) == @ref_size@, "w_data");

/* What one program needs for this; a copy of the scratch memory has one, and protects it. Volatile is what the loop changes:
 * it stays in memory, where the verifier knows as little of it in one turn as in the next, and is done with the loop soon. */
struct burin_data {
  volatile u64 at, left;         /* where the rest of this segment is, and how long */
  volatile u64 vector, segments; /* the next struct iovec, and how many there are */
  volatile u64 skip;             /* bytes of the segments to come that the slot has */
  volatile u64 seen;             /* bytes of the segments so far */
  volatile u64 room;             /* bytes that may still be taken */
  volatile u32 fill;             /* bytes in the chunk */
  volatile u32 sent;             /* bytes in chunks that are on their way */
  volatile u32 paged;            /* a read failed: go on page by page */
  volatile u32 user_vector, user_bytes; /* look for it in user memory only */
  u32 pad;
  u64 limit; /* bytes of the value; ~0: as many as the segments have */
  u64 next;  /* number of the next value */
  struct burin_chunk chunk;
  char b[2 * BURIN_CHUNK_ROOM]; /* twice: the verifier does not see that a read ends where the chunk does */
};
BPF_ARRAY(data, struct burin_data, POSSIBLE_CPUS * BURIN_COPIES);

/* `size` bytes; a negative size is an error that was returned in its place. */
static __always_inline void burin_locate_bytes(struct burin_data *d, u64 src, u64 size, int user) {
  if ((s64)size < 0) size = 0;
  d->at = src;
  d->left = size;
  d->segments = 0;
  d->limit = size;
  d->user_bytes = user;
}

/* An array of `count` struct iovec, whose first `skip` bytes are not part of the value. */
static __always_inline void burin_locate_iovec(struct burin_data *d, u64 vector, u64 count, u64 skip, u64 limit,
                                               int user_vector, int user_bytes) {
  if ((s64)count < 0) count = 0;
  d->vector = vector;
  d->segments = count;
  d->skip = skip;
  d->limit = limit;
  d->user_vector = user_vector;
  d->user_bytes = user_bytes;
}

/* Sends what the chunk has. */
static __always_inline long burin_send_chunk(void *ctx, struct burin_data *d) {
  u32 n = d->fill & (BURIN_CHUNK_ROOM - 1);
  d->chunk.length = n;
  d->chunk.offset = d->sent;
  d->chunk.head.size = sizeof d->chunk + n;
  d->fill = 0;
  long rc = events.perf_submit(ctx, &d->chunk, sizeof d->chunk + n);
  if (!rc) d->sent += n;
  return rc;
}

#define BURIN_DATA_ON 0
#define BURIN_DATA_END 1   /* all was looked at */
#define BURIN_DATA_FAULT 2 /* the rest cannot be read */
/* Takes the next segment when it is time to, and the next piece of it; whoever calls sends the chunk when it is full. */
static __always_inline int burin_data_step(struct burin_data *d) {
  if (!d->left) {
    u64 segment[2] = {}, vector = d->vector; /* address, bytes */
    long rc = -1;
    if (!d->segments) return BURIN_DATA_END;
    if (!d->user_vector) rc = burin_read(segment, 16, (void *)vector);
    if (rc) rc = burin_read_user(segment, 16, (void *)vector);
    if (rc) return BURIN_DATA_FAULT;
    u64 skip = d->skip > segment[1] ? segment[1] : d->skip;
    d->vector = vector + 16;
    d->segments -= 1;
    d->seen += segment[1];
    d->skip -= skip;
    d->at = segment[0] + skip;
    d->left = segment[1] - skip;
  }
  u64 src = d->at, n = d->left, room = d->room;
  u32 at = d->fill & (BURIN_CHUNK_ROOM - 1), free = BURIN_CHUNK - at;
  if (!room) n = d->left = 0; /* the value is as long as it may be: only count */
  if (n > room) n = room;
  if (n > free) n = free;
  if (d->paged && n > 4096 - (src & 4095)) n = 4096 - (src & 4095);
  u32 bounded = n & (BURIN_CHUNK_ROOM - 1);
  if (!bounded) return BURIN_DATA_ON;
  long rc = -1;
  if (!d->user_bytes) rc = burin_read(&d->b[at], bounded, (void *)src);
  if (rc) rc = burin_read_user(&d->b[at], bounded, (void *)src);
  if (rc) {
    if (d->paged) return BURIN_DATA_FAULT;
    d->paged = 1;
    return BURIN_DATA_ON;
  }
  d->at = src + bounded;
  d->left -= bounded;
  d->room = room - bounded;
  d->fill = at + bounded;
  return BURIN_DATA_ON;
}

/* What the slot does not have of a value that was located; `w` is the field that names the slot's part. Afterwards `w` says
 * what there is beyond all that was sent. */
static __always_inline void burin_send_data(void *ctx, struct burin_data *d, struct w_text *w, struct w_data *ref, u32 copy,
                                            u16 of, u16 arg, u64 stamp, u32 slots) {
  u64 id = bpf_get_current_pid_tgid(), have = w->len, most = d->limit < BURIN_DATA_MAX ? d->limit : BURIN_DATA_MAX;
  long rc = 0;
  int step = BURIN_DATA_ON;
  d->chunk.head.hook = @hook@;
  d->chunk.head.ktime = stamp;
  d->chunk.head.tgid = id >> 32;
  d->chunk.head.tid = (u32)id;
  d->chunk.group = ((u64)copy << 40) | (d->next++ & 0xffffffffffull);
  d->chunk.of = of;
  d->chunk.arg = arg;
  d->room = most > have ? most - have : 0;
  d->seen = 0;
  d->fill = 0;
  d->sent = 0;
  d->paged = 0;
  if (d->segments) {
    d->left = 0;
    d->skip += have;
  } else {
    u64 skip = have < d->left ? have : d->left;
    d->at += skip;
    d->left -= skip;
  }
#pragma clang loop unroll(disable)
  for (int i = 0; i < BURIN_DATA_STEPS; i++) {
    step = burin_data_step(d);
    if (step != BURIN_DATA_ON) break;
    if (d->fill == BURIN_CHUNK) {
      rc = burin_send_chunk(ctx, d);
      if (rc) break;
    }
  }
  if (!rc && d->fill) rc = burin_send_chunk(ctx, d);
  if (rc) burin_posted(slots, rc);
  ref->group = d->chunk.group;
  ref->bytes = d->sent;
  have += d->sent;
  if (d->limit == ~0ull && d->seen > w->full) w->full = d->seen;
  if (rc || step != BURIN_DATA_END || have < w->full) {
    if (w->full <= have) w->full = have + 1;
  } else {
    w->flags &= ~BURIN_TEXT_TRUNCATED;
  }
}
