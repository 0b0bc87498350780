// Output files are there as a whole or not at all.
#include "app/output_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/unique_fd.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "burin-output-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

mode_t mode_of(const fs::path& file) {
  struct stat s {};
  REQUIRE(::stat(file.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

}  // namespace

TEST_CASE("a new file has the usual mode, an old one keeps its own, and nothing is left beside them") {
  const Folder folder;
  const fs::path file = folder.path / "out";
  const mode_t mask = ::umask(027);
  REQUIRE(write_output(file, std::string("a\0b", 3)));
  ::umask(mask);
  CHECK(text_of(file) == std::string("a\0b", 3));
  CHECK(mode_of(file) == 0640);
  fs::permissions(file, fs::perms(0604));
  REQUIRE(write_output(file, "second"));
  CHECK(text_of(file) == "second");
  CHECK(mode_of(file) == 0604);
  CHECK(folder.files() == 1);
}

TEST_CASE("a reader of the old file keeps it; it is replaced, not rewritten") {
  const Folder folder;
  const fs::path file = folder.path / "out";
  REQUIRE(write_output(file, "old"));
  std::ifstream reader(file);
  REQUIRE(write_output(file, "a longer text"));
  CHECK(std::string{std::istreambuf_iterator<char>(reader), {}} == "old");
}

TEST_CASE("what cannot be written as a whole leaves the old file, and nothing beside it") {
  const Folder folder;
  const fs::path file = folder.path / "out";
  REQUIRE(write_output(file, "old"));
  const pid_t child = ::fork();
  if (child == 0) {  // a full disk: the first 4096 bytes find room
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    const auto done = write_output(file, std::string(10'000, 'x'));
    ::_exit(!done && done.error().text().find(file.string()) != std::string::npos ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(text_of(file) == "old");
  CHECK(folder.files() == 1);
  const auto done = write_output(folder.path / "no" / "such", "x");
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ErrorCode::Io);
  CHECK(done.error().text().find("No such file") != std::string::npos);
}

TEST_CASE("a link stays one") {
  const Folder folder, other;
  const fs::path link = folder.path / "link", target = other.path / "target";
  fs::create_symlink(target, link);
  for (const char* text : {"not there yet", "there"}) {
    REQUIRE(write_output(link, text));
    CHECK(fs::is_symlink(link));
    CHECK(text_of(target) == text);
    CHECK(folder.files() == 1);
    CHECK(other.files() == 1);
  }
}

TEST_CASE("what is no regular file is written to and stays what it is") {
  const Folder folder;
  const fs::path fifo = folder.path / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader);
  REQUIRE(write_output(fifo, "through"));
  CHECK(fs::is_fifo(fifo));
  char text[16] = "";
  CHECK(::read(reader.get(), text, sizeof text) == 7);
  CHECK(std::string(text) == "through");
}
