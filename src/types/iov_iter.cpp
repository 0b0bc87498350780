// `iov_iter`: the bytes that a struct iov_iter stands for. Its members and the numbers of its kinds changed several
// times since 6.0, so both come from the layout; pages (bvec, folios) cannot be addressed from a BPF program.
#include "types/builtin.h"
#include "types/bytes_field.h"

namespace burin {
namespace {

constexpr char kSupport[] = R"(static __always_inline void burin_text_iter(struct burin_text *t, u64 iter) {
  u64 count = 0, offset = 0, base = 0, segments = 0;
  u8 kind = 0;
  t->flags = 0;
  t->len = 0;
  if (burin_read(&kind, 1, (void *)(iter + L_iov_iter_iter_type))) return;
  burin_read(&count, 8, (void *)(iter + L_iov_iter_count));
  burin_read(&offset, 8, (void *)(iter + L_iov_iter_iov_offset));
  burin_read(&segments, 8, (void *)(iter + L_iov_iter_nr_segs));
#if defined(L_iter_type_ITER_UBUF) && defined(L_iov_iter_ubuf)
  if (kind == L_iter_type_ITER_UBUF) {
    burin_read(&base, 8, (void *)(iter + L_iov_iter_ubuf));
    burin_text_bytes(t, base + offset, count, 1);
    return;
  }
#endif
  int user = kind == L_iter_type_ITER_IOVEC;
#ifdef L_iter_type_ITER_KVEC
  if (!user && kind != L_iter_type_ITER_KVEC) return;
#else
  if (!user) return;
#endif
#ifdef L_iov_iter___iov
  burin_read(&base, 8, (void *)(iter + L_iov_iter___iov));
#else
  burin_read(&base, 8, (void *)(iter + L_iov_iter_iov));
#endif
  if (user)
    burin_text_iovec(t, base, segments, offset, 0, 1);
  else
    burin_text_iovec(t, base, segments, offset, 0, 0);
  if (t->flags & BURIN_TEXT_READ) {
    t->full = count; /* the last segment may be longer than what is left */
    if (t->len > count) t->len = count & (BURIN_TEXT_MAX - 1);
    t->flags = t->full > t->len ? BURIN_TEXT_READ | BURIN_TEXT_TRUNCATED : BURIN_TEXT_READ;
  }
}
)";

std::string capture(const CaptureSite& site) {
  return "burin_text_iter(" + site.text + ", " + site.src + ");\n";
}

}  // namespace

ArgType iov_iter_type() {
  ArgType t = bytes_like("iov_iter", "a struct iov_iter pointer: the bytes of its user or kernel memory, at most 4095");
  t.needs_layout = {"iov_iter.iter_type", "iov_iter.count", "iov_iter.iov_offset", "iov_iter.nr_segs",
                    "iter_type.ITER_IOVEC"};
  t.wants_layout = {"iter_type.ITER_UBUF", "iter_type.ITER_KVEC", "iov_iter.ubuf", "iov_iter.__iov", "iov_iter.iov"};
  t.capture = capture;
  t.support = {kGatherSupport, kSupport};
  return t;
}

}  // namespace burin
