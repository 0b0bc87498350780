// Reads ELF files through libelf. Addresses become offsets in the file by the program headers, because that is what the
// kernel takes for a uprobe.
#include "elf/binary.h"

#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/unique_fd.h"

namespace burin {
namespace {

/// No binary has more notes of this kind; what claims to is damaged.
constexpr std::size_t kMaxProbes = 1u << 20;
constexpr std::uint32_t kStapNote = 3;  // NT_STAPSDT

struct Segment {
  std::uint64_t address, offset, file_size, flags;
};

std::string hex_of(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

constexpr auto kMachine =
#if defined(__x86_64__)
    EM_X86_64;
#else
    EM_AARCH64;
#endif

}  // namespace

struct Binary::Impl {
  std::string path;
  UniqueFd fd;
  Elf* elf = nullptr;
  std::vector<Segment> segments;
  ~Impl() {
    if (elf) elf_end(elf);
  }

  const Segment* segment_of(std::uint64_t address) const {
    for (const auto& s : segments)
      if (address >= s.address && address - s.address < s.file_size) return &s;
    return nullptr;
  }
  /// Calls `use(section, header)` for each section of the type.
  template <class Use>
  void each_section(std::uint32_t type, Use use) const {
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf, section)) != nullptr) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) && header.sh_type == type) use(section, header);
    }
  }
  /// Calls `use(name, symbol)` for each defined function.
  template <class Use>
  void each_function(Use use) const;
  /// Address of the section of this name, or nothing.
  std::optional<std::uint64_t> section_address(std::string_view name) const;
};

template <class Use>
void Binary::Impl::each_function(Use use) const {
  for (const std::uint32_t type : {SHT_SYMTAB, SHT_DYNSYM})
    each_section(type, [&](Elf_Scn* section, const GElf_Shdr& header) {
      Elf_Data* data = elf_getdata(section, nullptr);
      if (!data || header.sh_entsize == 0) return;
      const auto count = static_cast<int>(std::min<std::uint64_t>(header.sh_size / header.sh_entsize, 1u << 26));
      for (int i = 0; i < count; ++i) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, i, &symbol)) break;
        const auto kind = GELF_ST_TYPE(symbol.st_info);
        if ((kind != STT_FUNC && kind != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0)
          continue;
        const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
        if (name && *name) use(std::string_view(name), symbol);
      }
    });
}

std::optional<std::uint64_t> Binary::Impl::section_address(std::string_view wanted) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name && wanted == name) return header.sh_addr;
  }
  return std::nullopt;
}

Binary::Binary(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Binary::Binary(Binary&&) noexcept = default;
Binary& Binary::operator=(Binary&&) noexcept = default;
Binary::~Binary() = default;

Result<Binary> Binary::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!impl->fd) {
    const int error = errno;
    return fail_errno(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "cannot open " + path, error);
  }
  if (elf_version(EV_CURRENT) == EV_NONE) return fail(ErrorCode::Internal, "libelf is of another version");
  impl->elf = elf_begin(impl->fd.get(), ELF_C_READ_MMAP, nullptr);
  GElf_Ehdr header;
  if (!impl->elf || elf_kind(impl->elf) != ELF_K_ELF || !gelf_getehdr(impl->elf, &header))
    return fail(ErrorCode::Unsupported, path + " is no ELF file");
  if (header.e_machine != kMachine || gelf_getclass(impl->elf) != ELFCLASS64)
    return fail(ErrorCode::Unsupported, path + " is made for another processor or is a 32-bit program");
  std::size_t count = 0;
  if (elf_getphdrnum(impl->elf, &count) != 0)
    return fail(ErrorCode::Unsupported, path + " has damaged program headers");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(impl->elf, static_cast<int>(i), &segment) && segment.p_type == PT_LOAD)
      impl->segments.push_back({segment.p_vaddr, segment.p_offset, segment.p_filesz, segment.p_flags});
  }
  return Binary(std::move(impl));
}

std::vector<BinarySymbol> Binary::functions() const {
  std::map<std::string, std::uint64_t, std::less<>> found;
  impl_->each_function([&](std::string_view name, const GElf_Sym& s) { found.emplace(name, s.st_value); });
  std::vector<BinarySymbol> out;
  for (auto& [name, address] : found) out.push_back({name, address});
  return out;
}

Result<std::uint64_t> Binary::offset_of(std::string_view function) const {
  std::optional<std::uint64_t> address;
  impl_->each_function([&](std::string_view name, const GElf_Sym& s) {
    if (!address && (name == function || name.substr(0, name.find('@')) == function)) address = s.st_value;
  });
  if (!address)
    return fail(ErrorCode::NotFound,
                impl_->path + " has no function " + std::string(function) + " in its symbol tables");
  return offset_at(*address);
}

Result<std::uint64_t> Binary::offset_at(std::uint64_t address) const {
  const Segment* s = impl_->segment_of(address);
  if (!s)
    return fail(
        ErrorCode::NotFound, "address 0x" +
                                 [&] {
                                   char text[20];
                                   std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(address));
                                   return std::string(text);
                                 }() +
                                 " is not loaded from " + impl_->path);
  return address - s->address + s->offset;
}

std::string Binary::function_at(std::uint64_t offset) const {
  std::string best;
  std::uint64_t best_size = UINT64_MAX;
  impl_->each_function([&](std::string_view name, const GElf_Sym& s) {
    const auto start = offset_at(s.st_value);
    if (!start || offset < *start) return;
    const std::uint64_t size = std::max<std::uint64_t>(s.st_size, 1);
    if (offset - *start < size && size < best_size) {
      best = name;
      best_size = size;
    }
  });
  return best;
}

bool Binary::is_code(std::uint64_t offset) const {
  for (const auto& s : impl_->segments)
    if ((s.flags & PF_X) && offset >= s.offset && offset - s.offset < s.file_size) return true;
  return false;
}

Result<std::vector<UsdtProbe>> Binary::usdt_probes() const {
  std::vector<UsdtProbe> out;
  bool damaged = false;
  const auto base_now = impl_->section_address(".stapsdt.base");
  impl_->each_section(SHT_NOTE, [&](Elf_Scn* section, const GElf_Shdr&) {
    Elf_Data* data = elf_getdata(section, nullptr);
    std::size_t at = 0, name_at = 0, text_at = 0;
    GElf_Nhdr note;
    while (data && out.size() < kMaxProbes && (at = gelf_getnote(data, at, &note, &name_at, &text_at)) > 0) {
      const char* bytes = static_cast<const char*>(data->d_buf);
      if (note.n_type != kStapNote || note.n_namesz != 8 || std::memcmp(bytes + name_at, "stapsdt", 8) != 0) continue;
      std::uint64_t places[3];  // location, base, semaphore
      if (note.n_descsz < sizeof places + 3) {
        damaged = true;
        continue;
      }
      std::memcpy(places, bytes + text_at, sizeof places);
      std::string_view rest(bytes + text_at + sizeof places, note.n_descsz - sizeof places);
      std::string_view words[3];
      for (auto& word : words) {
        const auto end = rest.find('\0');
        if (end == std::string_view::npos) damaged = true;
        word = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
      // Prelinking may have moved the file after the notes were written: the base section tells by how much.
      const std::uint64_t moved = base_now ? *base_now - places[1] : 0;
      UsdtProbe probe{std::string(words[0]), std::string(words[1]), 0, 0, std::string(words[2])};
      const auto offset = offset_at(places[0] + moved);
      const auto semaphore = places[2] ? offset_at(places[2] + moved) : Result<std::uint64_t>(0);
      if (!offset || !semaphore) {
        damaged = true;
        continue;
      }
      probe.offset = *offset;
      probe.semaphore_offset = *semaphore;
      out.push_back(std::move(probe));
    }
  });
  if (damaged && out.empty()) return fail(ErrorCode::Unsupported, "the probe notes of " + impl_->path + " are damaged");
  return out;
}

std::string Binary::build_id() const {
  std::string out;
  impl_->each_section(SHT_NOTE, [&](Elf_Scn* section, const GElf_Shdr&) {
    Elf_Data* data = elf_getdata(section, nullptr);
    std::size_t at = 0, name_at = 0, text_at = 0;
    GElf_Nhdr note;
    while (data && out.empty() && (at = gelf_getnote(data, at, &note, &name_at, &text_at)) > 0) {
      const auto* bytes = static_cast<const unsigned char*>(data->d_buf);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(bytes + name_at, "GNU", 4) == 0)
        out = hex_of(bytes + text_at, note.n_descsz);
    }
  });
  return out;
}

}  // namespace burin
