// An image and a source with something in every field.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <string>

#include "compile/compiler.h"

namespace burin_test {

/// LD_IMM64 r1 = map, exit: the shortest program with a relocation.
inline constexpr std::uint64_t kLoadMap = 0x18 | (1ULL << 8) | (1ULL << 12);

inline burin::ProgramImage sample_image() {
  burin::ProgramImage image;
  image.maps = {{"events", 4, 4, 4, 0, 0, 0, 0}, {"counts", 1, 4, 8, 512, 1, 3, 4}};
  image.btf = {std::byte{0x9f}, std::byte{0xeb}, std::byte{1}};
  burin::ProgramDef p0{"p0", burin::ProgramType::Tracepoint, "GPL", 393216, {kLoadMap, 0, 0x95}, {{0, 1}}, 8, {}, 16,
                       {}};
  p0.func_info.resize(8);
  p0.line_info.resize(32, std::byte{7});
  image.programs = {p0, {"p1", burin::ProgramType::SockOps, "", 0, {0xb7, 0x95}, {}, 0, {}, 0, {}}};
  return image;
}

inline burin::ProgramSource sample_source() {
  burin::ProgramSource s;
  s.name = "web";
  s.text = "int p0(void *c) { return 0; }\n";
  s.defines = {{"A", "1"}, {"B", ""}};
  s.programs = {{"p0", burin::ProgramType::Kprobe}, {"p1", burin::ProgramType::RawTracepoint}};
  s.origins = {{1, {"policy.yaml", 12, 9, 5}, "selector 1"}, {2, {"prelude", 3, 0, 1}, ""}};
  return s;
}

/// A directory that goes with its owner.
struct TemporaryDirectory {
  std::filesystem::path path;
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "burin-unit-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
};

}  // namespace burin_test
