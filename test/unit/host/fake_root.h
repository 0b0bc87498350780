// A directory that looks like a machine: files of proc/ and sys/ written by the test, removed when it goes.
#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

class FakeRoot {
 public:
  FakeRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "burin-host-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  void write(const std::string& file, const std::string& text) {
    const auto full = path_ / std::filesystem::path(file).relative_path();
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};
