// Member look-up in BTF made for the purpose, whose right answers are known by construction, and the cache's distrust.
#include <bpf/btf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "layout/btf_layout.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

class TempDir {
 public:
  TempDir() {
    std::string name = (fs::temp_directory_path() / "burin-layout-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// struct outer { u32 a; union { u64 in_union; struct { u32 lo; u32 hi; }; }; struct inner in; char name[16];
///                u32 f1:3, f2:20; u64 wide:40; struct outer *next; }
void write_btf(const fs::path& file, bool disagreeing = false) {
  btf* b = btf__new_empty();
  const int u32 = btf__add_int(b, "unsigned int", 4, 0), u64 = btf__add_int(b, "unsigned long", 8, 0);
  const int chr = btf__add_int(b, "char", 1, BTF_INT_SIGNED);
  const int name = btf__add_array(b, u32, chr, 16);
  const int alias = btf__add_const(b, btf__add_typedef(b, "u32_alias", u32));
  const int pair = btf__add_struct(b, "", 8);
  btf__add_field(b, "lo", u32, 0, 0);
  btf__add_field(b, "hi", alias, 32, 0);
  const int either = btf__add_union(b, "", 8);
  btf__add_field(b, "in_union", u64, 0, 0);
  btf__add_field(b, "", pair, 0, 0);
  const int inner = btf__add_struct(b, "inner", 8);
  btf__add_field(b, "x", u32, 0, 0);
  btf__add_field(b, "y", u32, 32, 0);
  const int outer = btf__add_struct(b, "outer", 80);
  const int pointer = outer + 1;
  btf__add_field(b, "a", u32, 0, 0);
  btf__add_field(b, "", either, 64, 0);
  btf__add_field(b, "in", inner, 128, 0);
  btf__add_field(b, "name", name, 192, 0);
  btf__add_field(b, "f1", u32, 320, 3);
  btf__add_field(b, "f2", u32, 323, 20);
  btf__add_field(b, "wide", u64, 384 + 8, 40);
  btf__add_field(b, "next", pointer, 448, 0);
  btf__add_ptr(b, outer);
  if (disagreeing) {
    btf__add_struct(b, "outer", 80);
    btf__add_field(b, "a", u32, 32, 0);
    btf__add_field(b, "name", name, 192, 0);
    btf__add_field(b, "only_here", u32, 416, 0);
  }
  __u32 size = 0;
  const void* raw = btf__raw_data(b, &size);
  std::ofstream(file, std::ios::binary).write(static_cast<const char*>(raw), size);
  btf__free(b);
}

const std::vector<std::string> kMembers = {"outer.a",    "outer.in_union", "outer.lo",   "outer.hi", "outer.in.y",
                                           "outer.in",   "outer.name",     "outer.f1",   "outer.f2", "outer.wide",
                                           "outer.next", "outer.next.a",   "outer.gone", "gone.a",   "outer",
                                           "outer.",     "outer.a.b",      "outer.f1.x", "inner.x"};

void check_place(const LayoutTable& table, const char* path, std::uint32_t offset, std::uint32_t size,
                 std::uint32_t shift = 0, std::uint64_t mask = 0) {
  INFO(path);
  const LayoutMember* member = table.find(path);
  REQUIRE(member);
  CHECK(member->offset == offset);
  CHECK(member->size == size);
  CHECK(member->shift == shift);
  CHECK(member->mask == mask);
}

void check_all(const LayoutTable& table) {
  CHECK(table.source == "btf");
  check_place(table, "outer.a", 0, 4);
  check_place(table, "outer.in_union", 8, 8);
  check_place(table, "outer.lo", 8, 4);
  check_place(table, "outer.hi", 12, 4);
  check_place(table, "outer.in", 16, 8);
  check_place(table, "outer.in.y", 20, 4);
  check_place(table, "outer.name", 24, 16);
  check_place(table, "outer.f1", 40, 1, 0, 7);                   // bits 320..322
  check_place(table, "outer.f2", 40, 4, 3, (1u << 20) - 1);      // bits 323..342
  check_place(table, "outer.wide", 48, 8, 8, (1ull << 40) - 1);  // bits 392..431
  check_place(table, "outer.next", 56, 8);
  check_place(table, "inner.x", 0, 4);
  for (const char* absent : {"outer.next.a", "outer.gone", "gone.a", "outer", "outer.", "outer.a.b", "outer.f1.x"}) {
    INFO(absent);
    CHECK(table.find(absent) == nullptr);
  }
}

std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path only_file(const fs::path& dir) {
  fs::path found;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(dir)) found = entry.path(), ++count;
  REQUIRE(count == 1);
  return found;
}

}  // namespace

TEST_CASE("members through anonymous structs, nested structs, arrays and bit-fields") {
  TempDir dir;
  write_btf(dir.path() / "btf");
  const auto table = layout_from_btf(dir.path() / "btf", kMembers);
  REQUIRE(table);
  check_all(*table);
}

TEST_CASE("a member on which two types of the same name disagree is left out") {
  TempDir dir;
  write_btf(dir.path() / "btf", true);
  const auto table = layout_from_btf(dir.path() / "btf", {"outer.a", "outer.name", "outer.only_here"});
  REQUIRE(table);
  CHECK(table->find("outer.a") == nullptr);
  check_place(*table, "outer.name", 24, 16);
  check_place(*table, "outer.only_here", 52, 4);
}

TEST_CASE("an unreadable or broken BTF file is an error that names it") {
  TempDir dir;
  const auto missing = layout_from_btf(dir.path() / "none", {"outer.a"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("none") != std::string::npos);
  CHECK_FALSE(cached_layout_from_btf(dir.path() / "none", {"outer.a"}, dir.path() / "cache", "k"));
  std::ofstream(dir.path() / "bad") << "this is not BTF at all, whatever it is";
  CHECK_FALSE(layout_from_btf(dir.path() / "bad", {"outer.a"}));
  std::string raw;
  write_btf(dir.path() / "btf");
  raw = slurp(dir.path() / "btf");
  std::ofstream(dir.path() / "cut", std::ios::binary).write(raw.data(), static_cast<std::streamsize>(raw.size() / 2));
  CHECK_FALSE(layout_from_btf(dir.path() / "cut", {"outer.a"}));
}

TEST_CASE("the cache answers the second time and is kept apart by kernel and members") {
  TempDir dir;
  const fs::path btf = dir.path() / "btf", cache = dir.path() / "deep" / "cache";
  write_btf(btf);
  check_all(*cached_layout_from_btf(btf, kMembers, cache, "6.1 build 1"));
  struct stat info {};
  REQUIRE(::stat(cache.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  const fs::path file = only_file(cache);

  // Proof that the file is used: change a number in it, with the right checksum, by storing under the same name.
  const std::string good = slurp(file);
  const auto again = cached_layout_from_btf(btf, kMembers, cache, "6.1 build 1");
  REQUIRE(again);
  check_all(*again);
  // The BTF content of the same size changed but the key did not: an answer from the cache is the old one.
  std::string raw = slurp(btf);
  std::string zeros(raw.size(), '\0');
  std::ofstream(btf, std::ios::binary).write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
  check_all(*cached_layout_from_btf(btf, kMembers, cache, "6.1 build 1"));
  CHECK_FALSE(cached_layout_from_btf(btf, kMembers, cache, "6.1 build 2"));
  CHECK_FALSE(cached_layout_from_btf(btf, {"outer.a"}, cache, "6.1 build 1"));
  CHECK(slurp(file) == good);
}

TEST_CASE("a damaged cache file costs a parse and is repaired") {
  TempDir dir;
  const fs::path btf = dir.path() / "btf", cache = dir.path() / "cache";
  write_btf(btf);
  REQUIRE(cached_layout_from_btf(btf, kMembers, cache, "k"));
  const fs::path file = only_file(cache);
  const std::string good = slurp(file);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = bad[i] == '1' ? '2' : '1';
    std::ofstream(file, std::ios::binary) << bad;
    check_all(*cached_layout_from_btf(btf, kMembers, cache, "k"));
    CHECK(slurp(file) == good);
  }
  for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), good + "x", good + good}) {
    std::ofstream(file, std::ios::binary) << bad;
    check_all(*cached_layout_from_btf(btf, kMembers, cache, "k"));
    CHECK(slurp(file) == good);
  }
}

TEST_CASE("a cache that others can write to is neither read nor written") {
  TempDir dir;
  const fs::path btf = dir.path() / "btf", cache = dir.path() / "cache";
  write_btf(btf);
  REQUIRE(cached_layout_from_btf(btf, kMembers, cache, "k"));
  const fs::path file = only_file(cache);
  const std::string raw = slurp(btf);
  const std::string zeros(raw.size(), '\0');
  const auto spoil_btf = [&] {
    std::ofstream(btf, std::ios::binary).write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
  };
  spoil_btf();
  REQUIRE(cached_layout_from_btf(btf, kMembers, cache, "k"));  // from the cache

  SECTION("the directory") {
    REQUIRE(::chmod(cache.c_str(), 0777) == 0);
  }
  SECTION("the file") {
    REQUIRE(::chmod(file.c_str(), 0666) == 0);
  }
  SECTION("the directory is a link") {
    fs::rename(cache, dir.path() / "real");
    fs::create_symlink(dir.path() / "real", cache);
  }
  SECTION("the file is a link") {
    fs::rename(file, dir.path() / "elsewhere");
    fs::create_symlink(dir.path() / "elsewhere", file);
  }
  SECTION("the file is a fifo") {
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }
  if (::geteuid() == 0) {
    SECTION("another user's directory") {
      REQUIRE(::chown(cache.c_str(), 65534, 65534) == 0);
    }
  }
  CHECK_FALSE(cached_layout_from_btf(btf, kMembers, cache, "k"));  // had to parse, and the BTF is spoilt
}
