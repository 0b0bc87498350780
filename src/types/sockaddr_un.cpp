// `sockaddr_un`: an AF_UNIX address. An abstract name, which begins with a NUL, is shown behind an '@'.
#include <cstring>

#include "types/builtin.h"
#include "types/text_field.h"

namespace burin {
namespace {

constexpr char kSupport[] =
    R"(static __always_inline void burin_text_unix(struct burin_text *t, u16 *family, u64 address, int user) {
  long rc = -1;
  t->flags = 0;
  t->len = 0;
  t->full = 0;
  /* struct sockaddr_un: u16 family, char path[108] */
  if (!user) rc = burin_read(family, 2, (void *)address);
  if (rc) rc = burin_read_user(family, 2, (void *)address);
  if (rc) return;
  t->flags = BURIN_TEXT_READ;
  if (*family != 1) return; /* AF_UNIX */
  rc = -1;
  char first = 0;
  if (!user) rc = burin_read(&first, 1, (void *)(address + 2));
  if (rc) burin_read_user(&first, 1, (void *)(address + 2));
  u64 from = address + (first ? 2 : 3);
  u32 most = first ? 109 : 108; /* the longest path has no NUL of its own */
  t->b[0] = '@';
  u32 at = first ? 0 : 1;
  rc = -1;
  if (!user) rc = burin_read_str(&t->b[at], most, (void *)from);
  if (rc <= 0) rc = burin_read_user_str(&t->b[at], most, (void *)from);
  if (rc > 1) t->len = (rc - 1 + at) & 127;
  t->full = t->len;
}
)";

std::string capture(const CaptureSite& site) {
  return "burin_text_unix(" + site.text + ", &" + site.dst + ".family, " + site.src + ", " + (site.user ? "1" : "0") +
         ");\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) {
  wire::SockaddrUn w;
  wire::Text text;
  std::memcpy(&w, field.data(), sizeof w);
  std::memcpy(&text, field.data(), sizeof text);  // w_sockaddr_un begins with the members of w_text
  SockaddrUnValue v;
  v.family = w.family;
  bool truncated = false;
  switch (read_text(text, record, v.path, truncated)) {
    case TextStatus::Read: out = std::move(v); return true;
    case TextStatus::Unread: out = ErrorValue{std::string(kUnreadable)}; return true;
    case TextStatus::OutOfBounds: break;
  }
  return false;
}

}  // namespace

ArgType sockaddr_un_type() {
  ArgType t;
  t.name = "sockaddr_un";
  t.summary = "a struct sockaddr_un pointer: family and path; an abstract name begins with '@'";
  t.json_key = "sockaddrun_arg";
  t.type_class = TypeClass::SockaddrUn;
  t.shape = {"struct w_sockaddr_un", sizeof(wire::SockaddrUn), 8, kTextMax};
  t.capture = capture;
  t.decode = decode;
  t.support = {kSupport};
  return t;
}

}  // namespace burin
