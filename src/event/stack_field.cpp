#include "event/stack_field.h"

#include <cstring>

namespace burin {

bool read_stack(const RecordLayout& layout, std::size_t field, std::span<const std::byte> record,
                std::vector<StackFrame>& out) {
  out.clear();
  if (field == static_cast<std::size_t>(-1)) return true;
  if (field >= layout.fields.size()) return false;
  const WireField& where = layout.fields[field];
  wire::wvar w;
  if (where.size != sizeof w || std::size_t{where.offset} + sizeof w > record.size()) return false;
  std::memcpy(&w, record.data() + where.offset, sizeof w);
  if (std::size_t{w.off} + w.len > record.size()) return false;
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= w.len; at += sizeof(std::uint64_t)) {
    StackFrame frame;
    std::memcpy(&frame.address, record.data() + w.off + at, sizeof frame.address);
    if (frame.address == 0) break;
    out.push_back(std::move(frame));
  }
  return true;
}

}  // namespace burin
