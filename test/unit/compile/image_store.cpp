// The cache: finds what was put, believes nothing damaged, and refuses directories that others can write.
#include <sys/stat.h>
#include <utime.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "sample.h"

using namespace burin;
using namespace burin_test;
namespace fs = std::filesystem;

namespace {

fs::path only_file(const fs::path& directory) {
  fs::path out;
  for (const auto& entry : fs::directory_iterator(directory)) {
    REQUIRE(out.empty());
    out = entry.path();
  }
  REQUIRE_FALSE(out.empty());
  return out;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a note is found again, and a damaged one is none") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  CHECK_FALSE(store->note("this"));
  REQUIRE(store->remember("this", "yes"));
  CHECK(store->note("this") == "yes");
  CHECK_FALSE(store->note("that"));
  const fs::path file = only_file(store->directory());
  std::string bytes = content(file);
  bytes[bytes.size() / 2] ^= 1;
  overwrite(file, bytes);
  CHECK_FALSE(store->note("this"));
  REQUIRE(store->remember("this", "again"));
  CHECK(store->note("this") == "again");
}

TEST_CASE("what is put is found, by source and compiler") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "new" / "cache");
  REQUIRE(store);
  CHECK(mode_of(store->directory()) == 0700);
  const ProgramSource s = sample_source();
  CHECK(store->find(s, "c1").error().code == ErrorCode::NotFound);
  REQUIRE(store->put(s, "c1", sample_image()));
  const auto found = store->find(s, "c1");
  REQUIRE(found);
  CHECK(*found == sample_image());
  const fs::path file = only_file(store->directory());
  CHECK(mode_of(file) == 0600);
  CHECK(file.filename().string().size() == 32);

  CHECK(store->find(s, "c2").error().code == ErrorCode::NotFound);
  CHECK(store->find(s, "c1").has_value());  // a look for another compiler's image does not remove this one
  ProgramSource other = s;
  other.text += " ";
  CHECK_FALSE(store->find(other, "c1"));
  other = s;
  other.defines[0].second = "2";
  CHECK_FALSE(store->find(other, "c1"));
  other = s;
  other.programs[0].type = ProgramType::Tracepoint;
  CHECK_FALSE(store->find(other, "c1"));
  other = s;
  other.origins.clear();
  other.name = "renamed";
  CHECK(store->find(other, "c1").has_value());  // only messages use these
}

TEST_CASE("a second put replaces") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  REQUIRE(store->put(sample_source(), "c", {}));
  REQUIRE(store->put(sample_source(), "c", sample_image()));
  CHECK(*store->find(sample_source(), "c") == sample_image());
  only_file(store->directory());
}

TEST_CASE("a damaged file is not found, and removed") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  REQUIRE(store->put(sample_source(), "c", sample_image()));
  const fs::path file = only_file(store->directory());
  const std::string good = content(file);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    overwrite(file, bad);
    const auto found = store->find(sample_source(), "c");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::NotFound);
    CHECK(found.error().detail == "wrong checksum");
    REQUIRE_FALSE(fs::exists(file));
    REQUIRE(store->put(sample_source(), "c", sample_image()));
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
    overwrite(file, good.substr(0, size));
    CHECK(store->find(sample_source(), "c").error().code == ErrorCode::NotFound);
    CHECK_FALSE(fs::exists(file));
  }
}

TEST_CASE("a file of the right name with another key is not believed") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  ProgramSource other = sample_source();
  other.text = "int p0(void *c) { return 1; }\n";
  REQUIRE(store->put(other, "c", sample_image()));
  const fs::path foreign = only_file(store->directory());
  const std::string bytes = content(foreign);
  fs::remove(foreign);
  REQUIRE(store->put(sample_source(), "c", sample_image()));
  const fs::path file = only_file(store->directory());
  overwrite(file, bytes);
  const auto found = store->find(sample_source(), "c");
  REQUIRE_FALSE(found);
  CHECK(found.error().detail.find("another source") != std::string::npos);
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("symbolic links and files that others can write are not followed") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  REQUIRE(store->put(sample_source(), "c", sample_image()));
  const fs::path file = only_file(store->directory());
  SECTION("link") {
    fs::rename(file, t.path / "elsewhere");
    fs::create_symlink(t.path / "elsewhere", file);
  }
  SECTION("mode") {
    REQUIRE(::chmod(file.c_str(), 0622) == 0);
  }
  SECTION("owner") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
  }
  SECTION("fifo") {
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  }
  const auto found = store->find(sample_source(), "c");
  REQUIRE_FALSE(found);
  CHECK(found.error().detail.find("not a file of ours") != std::string::npos);
}

TEST_CASE("an unsafe directory is refused with its cure, also after it was opened") {
  TemporaryDirectory t;
  const fs::path directory = t.path / "cache";
  REQUIRE(::mkdir(directory.c_str(), 0700) == 0);
  const auto store = ImageStore::open(directory);
  REQUIRE(store);
  fs::path name = directory;
  SECTION("world writable") {
    REQUIRE(::chmod(directory.c_str(), 0702) == 0);
  }
  SECTION("group writable") {
    REQUIRE(::chmod(directory.c_str(), 0720) == 0);
  }
  SECTION("foreign owner") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(directory.c_str(), 12345, 0) == 0);
  }
  SECTION("symbolic link") {
    fs::rename(directory, t.path / "moved");
    fs::create_directory_symlink(t.path / "moved", directory);
  }
  SECTION("symbolic link, named with a slash") {
    fs::rename(directory, t.path / "moved");
    fs::create_directory_symlink(t.path / "moved", directory);
    name = directory / "";
  }
  SECTION("not a directory") {
    fs::remove(directory);
    overwrite(directory, "x");
  }
  const auto opened = ImageStore::open(name);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::PermissionDenied);
  CHECK(opened.error().message.find("cache directory") == 0);
  CHECK(store->put(sample_source(), "c", sample_image()).error().code == ErrorCode::PermissionDenied);
  CHECK(store->find(sample_source(), "c").error().code == ErrorCode::PermissionDenied);
}

TEST_CASE("what dead writers left goes, the living's stays, and the number of images is bounded") {
  TemporaryDirectory t;
  const fs::path directory = t.path / "cache";
  const auto store = ImageStore::open(directory);
  REQUIRE(store);
  overwrite(directory / "00.1.0.tmp", "dead");
  const utimbuf long_ago{1'000'000'000, 1'000'000'000};
  REQUIRE(::utime((directory / "00.1.0.tmp").c_str(), &long_ago) == 0);
  overwrite(directory / "00.2.0.tmp", "alive");
  for (int i = 0; i < 600; ++i) {
    const fs::path file = directory / ("old" + std::to_string(i));
    overwrite(file, "x");
    REQUIRE(::utime(file.c_str(), &long_ago) == 0);
  }
  REQUIRE(store->put(sample_source(), "c", sample_image()));
  CHECK_FALSE(fs::exists(directory / "00.1.0.tmp"));
  CHECK(fs::exists(directory / "00.2.0.tmp"));
  CHECK(std::distance(fs::directory_iterator(directory), {}) == 512 + 1);
  CHECK(store->find(sample_source(), "c").has_value());
}

TEST_CASE("many threads put and find at once") {
  TemporaryDirectory t;
  const auto store = ImageStore::open(t.path / "cache");
  REQUIRE(store);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int n = 0; n < 4; ++n)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          if (!store->put(sample_source(), "c", sample_image())) ++wrong;
          const auto found = store->find(sample_source(), "c");
          if (!found || !(*found == sample_image())) ++wrong;
        }
      });
  }
  CHECK(wrong == 0);
  only_file(store->directory());
}
