// Real processes for the tests that look at /proc: started, waited for until they are what they should be, and ended.
#pragma once
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace burin_test {

/// A directory that goes away with its owner.
struct TempDir {
  std::filesystem::path path;
  TempDir() {
    char name[] = "/tmp/burin-event-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  TempDir(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

/// Asks until the answer is yes; false after five seconds.
inline bool eventually(const std::function<bool()>& question) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!question()) {
    if (std::chrono::steady_clock::now() > until) return false;
    usleep(500);
  }
  return true;
}

/// A child that runs `body` or a program; killed and reaped with its owner.
class Child {
 public:
  explicit Child(const std::function<void()>& body) {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      setpgid(0, 0);  // so that its own children end with it
      body();
      _exit(0);
    }
  }
  /// execve of `file` with `argv` in `directory`; returns once it is another program.
  Child(const std::string& file, std::vector<std::string> argv, const std::string& directory)
      : Child([&] {
          std::vector<char*> pointers;
          for (std::string& a : argv) pointers.push_back(a.data());
          pointers.push_back(nullptr);
          if (chdir(directory.c_str()) != 0) _exit(126);
          execv(file.c_str(), pointers.data());
          _exit(127);
        }) {
    const auto cmdline = [](const std::string& who) {
      std::ifstream in("/proc/" + who + "/cmdline");
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const std::string mine = cmdline("self");
    REQUIRE(eventually([&] {
      const std::string its = cmdline(std::to_string(pid_));
      return !its.empty() && its != mine;
    }));
  }
  Child(const Child&) = delete;
  ~Child() { end(); }

  std::uint32_t pid() const { return static_cast<std::uint32_t>(pid_); }
  void end() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace burin_test
