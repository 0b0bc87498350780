#include "types/text_field.h"

namespace burin {
namespace {
// Bits of burin_text.flags, templates/text.h.
constexpr std::uint32_t kRead = 1, kTruncated = 2;
}  // namespace

TextStatus read_text(const wire::Text& w, std::span<const std::byte> record, std::string& text, bool& truncated) {
  if ((w.flags & kRead) == 0) return TextStatus::Unread;
  if (w.off > record.size() || w.len > record.size() - w.off) return TextStatus::OutOfBounds;
  text.assign(reinterpret_cast<const char*>(record.data()) + w.off, w.len);
  truncated = (w.flags & kTruncated) != 0;
  return TextStatus::Read;
}

}  // namespace burin
