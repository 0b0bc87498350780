// Build ids of files that may be anything: real ones against readelf, made ones, and damage.
#include "elf/build_id.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "base/unique_fd.h"
#include "elf/binary.h"

using namespace burin;

namespace {

/// The build id of a file with these bytes.
std::string id_of(const std::string& bytes) {
  const UniqueFd file(::memfd_create("elf", MFD_CLOEXEC));
  REQUIRE(file);
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return read_build_id(file.get());
}

std::string note(std::uint32_t type, const std::string& name, const std::string& text, std::size_t unit) {
  const Elf64_Nhdr header{static_cast<Elf64_Word>(name.size()), static_cast<Elf64_Word>(text.size()), type};
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out += name;
  while (out.size() % unit != 0) out += '\0';
  out += text;
  while (out.size() % unit != 0) out += '\0';
  return out;
}

template <class FileHeader, class ProgramHeader>
std::string elf(unsigned char kind, const std::string& notes, std::uint32_t align) {
  FileHeader file{};
  std::memcpy(file.e_ident, ELFMAG, SELFMAG);
  file.e_ident[EI_CLASS] = kind;
  file.e_ident[EI_DATA] = ELFDATA2LSB;
  file.e_phoff = sizeof file;
  file.e_phentsize = sizeof(ProgramHeader);
  file.e_phnum = 2;
  ProgramHeader headers[2] = {};
  headers[0].p_type = PT_LOAD;
  headers[1].p_type = PT_NOTE;
  headers[1].p_offset = sizeof file + sizeof headers;
  headers[1].p_filesz = static_cast<std::uint32_t>(notes.size());
  headers[1].p_align = align;
  return std::string(reinterpret_cast<const char*>(&file), sizeof file) +
         std::string(reinterpret_cast<const char*>(headers), sizeof headers) + notes;
}

std::string elf64(const std::string& notes, std::uint32_t align = 4) {
  return elf<Elf64_Ehdr, Elf64_Phdr>(ELFCLASS64, notes, align);
}

const std::string kGnu("GNU\0", 4);

}  // namespace

TEST_CASE("the test itself has the build id that libelf finds") {
  const auto binary = Binary::open("/proc/self/exe");
  REQUIRE(binary);
  std::ifstream in("/proc/self/exe", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::string hex;
  for (const unsigned char c : id_of(bytes)) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  CHECK(hex == binary->build_id());
}

TEST_CASE("both classes, both alignments, behind other notes") {
  const std::string id = "0123456789abcdefghij";
  CHECK(id_of(elf64(note(NT_GNU_BUILD_ID, kGnu, id, 4))) == id);
  CHECK(id_of(elf64(note(5, kGnu, "property", 8) + note(NT_GNU_BUILD_ID, kGnu, id, 8), 8)) == id);
  CHECK(id_of(elf64(note(NT_GNU_BUILD_ID, std::string("Go\0\0", 4), "no", 4) + note(NT_GNU_BUILD_ID, kGnu, id, 4))) ==
        id);
  CHECK(id_of(elf<Elf32_Ehdr, Elf32_Phdr>(ELFCLASS32, note(NT_GNU_BUILD_ID, kGnu, id, 4), 4)) == id);
}

TEST_CASE("what has none, or one of no sense, has none") {
  CHECK(id_of("") == "");
  CHECK(id_of("#!/bin/sh\n") == "");
  CHECK(id_of(elf64("")) == "");
  CHECK(id_of(elf64(note(1, kGnu, "abi", 4))) == "");
  CHECK(id_of(elf64(note(NT_GNU_BUILD_ID, kGnu, "", 4))) == "");
  CHECK(id_of(elf64(note(NT_GNU_BUILD_ID, kGnu, std::string(33, 'x'), 4))) == "");
  CHECK(read_build_id(-1) == "");
}

TEST_CASE("damage of any kind is survived") {
  const std::string good = elf64(note(5, kGnu, "property", 4) + note(NT_GNU_BUILD_ID, kGnu, "0123456789", 4));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(id_of(good.substr(0, size)) == "");
  std::mt19937 random(11);
  const unsigned char values[] = {0, 1, 4, 0x7f, 0x80, 0xff};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (unsigned n = 1 + random() % 6; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<char>(values[random() % std::size(values)]);
    CHECK(id_of(bytes).size() <= kBuildIdMax);
  }
}
