#include "model/record.h"

namespace burin {

std::size_t RecordLayout::add(std::string name, std::string c_type, std::uint32_t field_size, std::uint32_t align) {
  std::uint32_t end = sizeof(wire::Head);
  if (!fields.empty()) end = fields.back().offset + fields.back().size;
  const std::uint32_t offset = (end + align - 1) / align * align;
  fields.push_back({std::move(name), std::move(c_type), offset, field_size});
  size = (offset + field_size + 7) / 8 * 8;
  return fields.size() - 1;
}

}  // namespace burin
