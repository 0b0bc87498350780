#include "elf/build_id.h"

#include <elf.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace burin {
namespace {

/// A note segment holds a handful of notes of some ten bytes; what claims to be larger is not looked at.
constexpr std::size_t kMaxNotes = 64u << 10;
/// The same for program headers: a dozen is usual.
constexpr std::size_t kMaxHeaders = 256;

bool read_at(int fd, void* to, std::size_t size, std::uint64_t offset) {
  if (offset > INT64_MAX) return false;
  return ::pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

/// Finds the note in the bytes of a segment; `align` is the segment's (8 or, whatever it says, 4).
std::string find_note(std::span<const char> bytes, std::uint64_t align) {
  const std::size_t unit = align == 8 ? 8 : 4;
  const auto padded = [unit](std::size_t n) { return (n + unit - 1) / unit * unit; };
  std::size_t at = 0;
  Elf64_Nhdr note;  // the same in both classes
  while (at + sizeof note <= bytes.size()) {
    std::memcpy(&note, bytes.data() + at, sizeof note);
    const std::size_t name = at + sizeof note;
    if (note.n_namesz > bytes.size() - name) return {};
    const std::size_t text = at + padded(sizeof note + note.n_namesz);
    if (text > bytes.size() || note.n_descsz > bytes.size() - text) return {};
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(bytes.data() + name, "GNU", 4) == 0) {
      const bool fits = note.n_descsz > 0 && note.n_descsz <= kBuildIdMax;
      return fits ? std::string(bytes.data() + text, note.n_descsz) : std::string();
    }
    at = text + padded(note.n_descsz);
  }
  return {};
}

template <class FileHeader, class ProgramHeader>
std::string read_class(int fd) {
  FileHeader file;
  if (!read_at(fd, &file, sizeof file, 0) || file.e_phentsize != sizeof(ProgramHeader) || file.e_phnum > kMaxHeaders)
    return {};
  std::vector<ProgramHeader> headers(file.e_phnum);
  if (!read_at(fd, headers.data(), headers.size() * sizeof(ProgramHeader), file.e_phoff)) return {};
  for (const ProgramHeader& header : headers) {
    if (header.p_type != PT_NOTE || header.p_filesz == 0 || header.p_filesz > kMaxNotes) continue;
    std::vector<char> bytes(header.p_filesz);
    if (!read_at(fd, bytes.data(), bytes.size(), header.p_offset)) continue;
    if (std::string id = find_note(bytes, header.p_align); !id.empty()) return id;
  }
  return {};
}

}  // namespace

std::string read_build_id(int fd) {
  unsigned char ident[EI_NIDENT];
  if (!read_at(fd, ident, sizeof ident, 0) || std::memcmp(ident, ELFMAG, SELFMAG) != 0) return {};
  if (ident[EI_DATA] != (std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB)) return {};
  if (ident[EI_CLASS] == ELFCLASS64) return read_class<Elf64_Ehdr, Elf64_Phdr>(fd);
  if (ident[EI_CLASS] == ELFCLASS32) return read_class<Elf32_Ehdr, Elf32_Phdr>(fd);
  return {};
}

}  // namespace burin
