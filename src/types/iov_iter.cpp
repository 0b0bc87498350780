// `iov_iter`: the bytes that a struct iov_iter stands for. Its members and the numbers of its kinds changed several
// times since 6.0, so both come from the layout; pages (bvec, folios) cannot be addressed from a BPF program.
#include "types/builtin.h"
#include "types/bytes_field.h"

namespace burin {
namespace {

constexpr char kIterSupport[] = R"(struct burin_iter {
  u64 count; /* bytes that are left */
  u64 base, segments; /* the bytes themselves, or a vector of so many segments */
  u64 offset; /* what is done of the first segment */
  int single, user;
};
/* 0 when its bytes can be addressed. */
static __always_inline long burin_read_iter(struct burin_iter *it, u64 iter) {
  u8 kind = 0;
  if (burin_read(&kind, 1, (void *)(iter + L_iov_iter_iter_type))) return 1;
  burin_read(&it->count, 8, (void *)(iter + L_iov_iter_count));
  burin_read(&it->offset, 8, (void *)(iter + L_iov_iter_iov_offset));
  burin_read(&it->segments, 8, (void *)(iter + L_iov_iter_nr_segs));
#if defined(L_iter_type_ITER_UBUF) && defined(L_iov_iter_ubuf)
  if (kind == L_iter_type_ITER_UBUF) {
    burin_read(&it->base, 8, (void *)(iter + L_iov_iter_ubuf));
    it->single = 1;
    it->user = 1;
    return 0;
  }
#endif
  it->user = kind == L_iter_type_ITER_IOVEC;
#ifdef L_iter_type_ITER_KVEC
  if (!it->user && kind != L_iter_type_ITER_KVEC) return 1;
#else
  if (!it->user) return 1;
#endif
#ifdef L_iov_iter___iov
  burin_read(&it->base, 8, (void *)(iter + L_iov_iter___iov));
#else
  burin_read(&it->base, 8, (void *)(iter + L_iov_iter_iov));
#endif
  return 0;
}
)";

constexpr char kSupport[] = R"(static __always_inline void burin_text_iter(struct burin_text *t, u64 iter) {
  struct burin_iter it = {};
  t->flags = 0;
  t->len = 0;
  if (burin_read_iter(&it, iter)) return;
  if (it.single) {
    burin_text_bytes(t, it.base + it.offset, it.count, 1);
    return;
  }
  if (it.user)
    burin_text_iovec(t, it.base, it.segments, it.offset, 0, 1);
  else
    burin_text_iovec(t, it.base, it.segments, it.offset, 0, 0);
  if (t->flags & BURIN_TEXT_READ) {
    t->full = it.count; /* the last segment may be longer than what is left */
    if (t->len > it.count) t->len = it.count & (BURIN_TEXT_MAX - 1);
    t->flags = t->full > t->len ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
  }
}
)";

constexpr char kLocateSupport[] = R"(static __always_inline void burin_locate_iter(struct burin_data *d, u64 iter) {
  struct burin_iter it = {};
  if (burin_read_iter(&it, iter) || it.single)
    burin_locate_bytes(d, it.base + it.offset, it.count, 1);
  else
    burin_locate_iovec(d, it.base, it.segments, it.offset, it.count, 0, it.user);
}
)";

std::string capture(const CaptureSite& site) {
  return "burin_text_iter(" + site.text + ", " + site.src + ");\n";
}

std::string locate(const CaptureSite& site) {
  return "burin_locate_iter(d, " + site.src + ");\n";
}

}  // namespace

ArgType iov_iter_type() {
  ArgType t = bytes_like(
      "iov_iter", "a struct iov_iter pointer: the bytes of its user or kernel memory, at most 4095 (maxData: 327360)");
  t.needs_layout = {"iov_iter.iter_type", "iov_iter.count", "iov_iter.iov_offset", "iov_iter.nr_segs",
                    "iter_type.ITER_IOVEC"};
  t.wants_layout = {"iter_type.ITER_UBUF", "iter_type.ITER_KVEC", "iov_iter.ubuf", "iov_iter.__iov", "iov_iter.iov"};
  t.capture = capture;
  t.support = {kGatherSupport, kIterSupport, kSupport};
  t.locate = locate;
  t.locate_support = kLocateSupport;
  return t;
}

}  // namespace burin
