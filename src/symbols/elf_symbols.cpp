#include "symbols/elf_symbols.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace burin {
namespace {

/// Larger tables are not read: a name is not worth that much memory.
constexpr std::uint64_t kMaxTable = 64U << 20;
constexpr std::size_t kMaxHeaders = 65'535;

bool read_at(int fd, std::uint64_t offset, void* to, std::size_t size) {
  auto* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = ::pread(fd, out, size, static_cast<off_t>(offset));
    if (n <= 0) return false;
    out += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// Elements of an array in the file; empty when they cannot be read.
template <class T>
std::vector<T> read_array(int fd, std::uint64_t offset, std::uint64_t bytes) {
  if (bytes > kMaxTable || bytes < sizeof(T)) return {};
  std::vector<T> out(bytes / sizeof(T));
  if (!read_at(fd, offset, out.data(), out.size() * sizeof(T))) out.clear();
  return out;
}

const Elf64_Shdr* table_of(const std::vector<Elf64_Shdr>& sections, std::uint32_t type) {
  for (const auto& s : sections)
    if (s.sh_type == type && s.sh_link < sections.size()) return &s;
  return nullptr;
}

}  // namespace

Result<ElfSymbols> ElfSymbols::load(int fd) {
  Elf64_Ehdr header;
  if (!read_at(fd, 0, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return fail(ErrorCode::Unsupported, "not an ELF file");
  constexpr unsigned char kOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kOrder)
    return fail(ErrorCode::Unsupported, "not a 64-bit ELF file of this machine's byte order");
  ElfSymbols out;
  if (header.e_phentsize == sizeof(Elf64_Phdr))
    for (const auto& p : read_array<Elf64_Phdr>(fd, header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)))
      if (p.p_type == PT_LOAD) out.segments_.push_back({p.p_offset, p.p_filesz, p.p_vaddr});
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > kMaxHeaders) return out;
  const auto sections = read_array<Elf64_Shdr>(fd, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
  const Elf64_Shdr* table = table_of(sections, SHT_SYMTAB);
  if (!table) table = table_of(sections, SHT_DYNSYM);
  if (!table) return out;
  const auto names = read_array<char>(fd, sections[table->sh_link].sh_offset, sections[table->sh_link].sh_size);
  if (names.empty() || names.back() != '\0') return out;
  out.names_.assign(names.begin(), names.end());
  for (const auto& symbol : read_array<Elf64_Sym>(fd, table->sh_offset, table->sh_size)) {
    const auto type = ELF64_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF ||
        symbol.st_name >= out.names_.size())
      continue;
    out.functions_.push_back({symbol.st_value,
                              static_cast<std::uint32_t>(std::min<std::uint64_t>(symbol.st_size, UINT32_MAX)),
                              symbol.st_name});
  }
  std::ranges::stable_sort(out.functions_, {}, &Function::address);
  out.functions_.shrink_to_fit();
  return out;
}

std::string_view ElfSymbols::find(std::uint64_t file_offset) const {
  const auto segment = std::ranges::find_if(
      segments_, [&](const Segment& s) { return file_offset >= s.offset && file_offset - s.offset < s.size; });
  if (segment == segments_.end()) return {};
  const std::uint64_t address = file_offset - segment->offset + segment->address;
  auto above = std::ranges::upper_bound(functions_, address, {}, &Function::address);
  // Functions may nest or carry no size (assembly): the nearest that reaches the address, else the nearest without
  // size.
  for (int tries = 0; tries < 8 && above != functions_.begin(); ++tries) {
    --above;
    if (above->size == 0 || address - above->address < above->size) return names_.data() + above->name;
  }
  return {};
}

}  // namespace burin
