// The build id that the kernel did not give: found by the mapping or by the path, and nothing but regular files opened.
#include "control/mapped_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "elf/build_id.h"
#include "model/record.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

/// A /proc with process 77 in it, whose root is a folder.
struct Fixture {
  fs::path dir = fs::temp_directory_path() / ("burin-mapped-" + std::to_string(::getpid()));
  fs::path proc = dir / "proc", root = dir / "proc/77/root", by_mapping = dir / "proc/77/map_files";
  Fixture() {
    fs::remove_all(dir);
    fs::create_directories(root / "lib");
    fs::create_directories(by_mapping);
    fs::copy_file("/proc/self/exe", root / "lib/x.so");
  }
  ~Fixture() { fs::remove_all(dir); }

  std::uint64_t inode(const fs::path& path) const {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_ino;
  }
  /// The build id of the record afterwards.
  std::string completed(std::uint64_t inode, const std::string& path, const std::string& before = {}) const {
    wire::Load load;
    load.head.hook = kHookLoad;
    load.head.tgid = 77;
    load.address = 0x7000;
    load.length = 0x1000;
    load.inode = inode;
    load.build_id_len = static_cast<std::uint32_t>(before.size());
    std::memcpy(load.build_id, before.data(), before.size());
    load.path = {sizeof load, static_cast<std::uint16_t>(path.size())};
    std::vector<std::byte> bytes(sizeof load + path.size());
    std::memcpy(bytes.data(), &load, sizeof load);
    std::memcpy(bytes.data() + sizeof load, path.data(), path.size());
    complete_build_id(bytes, proc);
    std::memcpy(&load, bytes.data(), sizeof load);
    CHECK(std::memcmp(bytes.data() + sizeof load, path.data(), path.size()) == 0);
    return {reinterpret_cast<const char*>(load.build_id), load.build_id_len};
  }
};

std::string own_id() {
  std::FILE* self = std::fopen("/proc/self/exe", "rb");
  REQUIRE(self);
  const std::string id = read_build_id(::fileno(self));
  std::fclose(self);
  REQUIRE(!id.empty());
  return id;
}

}  // namespace

TEST_CASE("by the path below the process's root, if it is the inode that was mapped") {
  const Fixture f;
  const std::uint64_t inode = f.inode(f.root / "lib/x.so");
  CHECK(f.completed(inode, "/lib/x.so") == own_id());
  CHECK(f.completed(inode + 1, "/lib/x.so").empty());  // another file took its place
  CHECK(f.completed(0, "/lib/x.so").empty());
  CHECK(f.completed(inode, "lib/x.so").empty());
  CHECK(f.completed(inode, "").empty());
  CHECK(f.completed(inode, "/lib/gone.so").empty());
  CHECK(f.completed(inode, "/lib/x.so", "kernel's") == "kernel's");
}

TEST_CASE("by the mapping, whatever its path has become") {
  const Fixture f;
  fs::create_symlink(f.root / "lib/x.so", f.by_mapping / "7000-8000");
  CHECK(f.completed(4711, "/lib/x.so (deleted)") == own_id());
}

TEST_CASE("what is no regular file is not opened") {
  const Fixture f;
  REQUIRE(::mkfifo((f.root / "lib/pipe").c_str(), 0600) == 0);
  CHECK(f.completed(f.inode(f.root / "lib/pipe"), "/lib/pipe").empty());  // opening it would wait for a writer
  fs::create_symlink("/dev/zero", f.by_mapping / "7000-8000");
  CHECK(f.completed(1, "/dev/zero").empty());
}

TEST_CASE("records that are too short or name bytes outside are left alone") {
  const Fixture f;
  std::vector<std::byte> bytes(20);
  complete_build_id(bytes, f.proc);
  wire::Load load;
  load.path = {60000, 60000};
  bytes.resize(sizeof load);
  std::memcpy(bytes.data(), &load, sizeof load);
  complete_build_id(bytes, f.proc);
}
