// Header trees below a made-up root: every way in which one is not usable is named.
#include "host/header_places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

using namespace burin;
namespace fs = std::filesystem;

namespace {

constexpr const char* kRelease = "6.1.0-32-amd64";

struct Root {
  fs::path path = fs::temp_directory_path() / ("burin-headers-" + std::to_string(::getpid()));
  Root() { fs::create_directories(path); }
  ~Root() { fs::remove_all(path); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((path / file).parent_path());
    std::ofstream(path / file) << text;
  }
  void tree(const fs::path& at, const std::string& release) const {
    write(at / "include/linux/kconfig.h", "");
    write(at / "include/generated/utsrelease.h", "#define UTS_RELEASE \"" + release + "\"\n");
  }
  HeaderPlace build() const { return header_places(path, kRelease).front(); }
};

}  // namespace

TEST_CASE("a place of headers and what is wrong with it") {
  const Root root;
  const fs::path modules = fs::path("lib/modules") / kRelease;
  CHECK(root.build().problem == "does not exist");
  CHECK(root.build().cure.find("linux-headers-6.1.0-32-amd64") != std::string::npos);

  fs::create_directories(root.path / modules);
  fs::create_symlink(root.path / "usr/src/gone", root.path / modules / "build");
  CHECK(root.build().problem.find("dangling link") != std::string::npos);
  CHECK(root.build().target == root.path / "usr/src/gone");

  root.tree("usr/src/gone", "6.1.0-31-amd64");
  CHECK(root.build().problem == "is of kernel 6.1.0-31-amd64, not of 6.1.0-32-amd64");

  root.tree("usr/src/gone", kRelease);
  CHECK(root.build().problem.empty());
  CHECK(root.build().source == root.build().build);

  // Debian's pair of trees: the sources are where the Makefile says.
  fs::remove(root.path / "usr/src/gone/include/linux/kconfig.h");
  CHECK(root.build().problem.find("half of the headers") != std::string::npos);
  root.write("usr/src/common/include/linux/kconfig.h", "");
  root.write("usr/src/gone/Makefile", "include " + (root.path / "usr/src/common/Makefile").string() + "\n");
  CHECK(root.build().problem.empty());
  CHECK(root.build().source == root.path / "usr/src/common");

  ::chmod((root.path / "usr/src/common").c_str(), 0777);
  CHECK(root.build().problem.find("can be written by others") != std::string::npos);
  ::chmod((root.path / "usr/src/common").c_str(), 0755);
  CHECK(root.build().problem.empty());
  if (::geteuid() == 0) {
    REQUIRE(::chown((root.path / "usr/src/gone").c_str(), 1234, 1234) == 0);
    CHECK(root.build().problem.find("can be written by others") != std::string::npos);
    REQUIRE(::chown((root.path / "usr/src/gone").c_str(), 0, 0) == 0);
  }
  fs::remove(root.path / "usr/src/gone/include/generated/utsrelease.h");
  CHECK(root.build().problem.find("utsrelease.h") != std::string::npos);
}

TEST_CASE("the kernel's own archive of headers") {
  const Root root;
  CHECK(kernel_header_archive(root.path).empty());
  root.write("sys/kernel/kheaders.tar.xz", "x");
  CHECK(kernel_header_archive(root.path) == root.path / "sys/kernel/kheaders.tar.xz");
}

TEST_CASE("unpacked headers that others made are named") {
  const Root root;
  CHECK(planted_headers(root.path, kRelease).empty());
  const fs::path place = fs::path("tmp") / ("kheaders-" + std::string(kRelease));
  root.tree(place, kRelease);
  ::chmod((root.path / place).c_str(), 0755);
  CHECK(planted_headers(root.path, kRelease).empty());  // ours: what BCC unpacked itself
  ::chmod((root.path / place).c_str(), 0777);
  REQUIRE(planted_headers(root.path, kRelease).size() == 1);
  CHECK(planted_headers(root.path, kRelease)[0].problem.find("can be written by everybody") == 0);
  ::chmod((root.path / place).c_str(), 0755);
  if (::geteuid() != 0) return;
  REQUIRE(::chown((root.path / place).c_str(), 1234, 1234) == 0);
  const auto planted = planted_headers(root.path, kRelease);
  REQUIRE(planted.size() == 1);
  CHECK(planted[0].path == root.path / place);
  CHECK(planted[0].problem.find("belongs to user 1234") == 0);
  CHECK(planted[0].cure.find("rm -r " + planted[0].path.string()) != std::string::npos);
  fs::remove_all(root.path / place);
  fs::create_directory_symlink("/nowhere", root.path / place);  // a link of a foreign owner is followed by nobody
  REQUIRE(::lchown((root.path / place).c_str(), 1234, 1234) == 0);
  REQUIRE(planted_headers(root.path, kRelease).size() == 1);
  CHECK(planted_headers(root.path, kRelease)[0].problem.find("is a link") != std::string::npos);
}
