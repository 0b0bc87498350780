// What the compiler process may do while it compiles: seen from outside (/proc) and tried from inside
// (--check-sandbox).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "compile/child_process.h"
#include "compile/scratch_directory.h"
#include "support.h"

using namespace burin;

namespace {

using Status = std::map<std::string, std::string>;

/// /proc/PID/status of our child with this name, or nothing.
Status child_status(const std::string& name) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::ifstream file(entry.path() / "status");
    Status status;
    for (std::string line; std::getline(file, line);) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      std::string value = line.substr(colon + 1);
      value.erase(0, value.find_first_not_of(" \t"));
      while (!value.empty() && value.back() == ' ') value.pop_back();
      status[line.substr(0, colon)] = value;
    }
    if (status["Name"] == name && status["PPid"] == std::to_string(::getpid())) {
      status["directory"] = entry.path();
      return status;
    }
  }
  return {};
}

std::string slow_program() {
  std::string text = "struct args { u64 common; u64 a; };\nint p0(struct args *args) {\n  volatile u64 x = args->a;\n";
  for (int i = 0; i < 30'000; ++i) text += "  x = x * 3 + " + std::to_string(i) + ";\n";
  return text + "  return x;\n}\n";
}

}  // namespace

TEST_CASE("the compiler process has no privileges while it compiles") {
  CompilerOptions options = burin_test::options();
  options.timeout = std::chrono::seconds(6);
  ::setenv("BURIN_TEST_SECRET", "1", 1);
  std::jthread compile([&] { (void)Compiler(options, nullptr).compile(burin_test::source_of(slow_program())); });
  Status status;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(6);
  while (status["Seccomp"] != "2" && std::chrono::steady_clock::now() < deadline)
    status = child_status("burin-compile");
  REQUIRE(status["Seccomp"] == "2");
  CHECK(status["NoNewPrivs"] == "1");
  CHECK(status["Threads"] == "1");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    INFO(set);
    CHECK(status[set] == "0000000000000000");
  }
  if (::geteuid() == 0) {
    CHECK(status["CapBnd"] == "0000000000000000");
    CHECK(status["Uid"] == "65534\t65534\t65534\t65534");
    CHECK(status["Gid"] == "65534\t65534\t65534\t65534");
    CHECK(status["Groups"] == "");
    std::ifstream environment(status["directory"] + "/environ");
    CHECK(std::string(std::istreambuf_iterator<char>(environment), {}) == "");
    std::ifstream limits(status["directory"] + "/limits");
    const std::string text((std::istreambuf_iterator<char>(limits)), {});
    for (const char* limit : {"Max file size             0 ", "Max processes             0 ",
                              "Max core file size        0 ", "Max cpu time              7 "}) {
      INFO(limit);
      CHECK(text.find(limit) != std::string::npos);
    }
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(text.find("Max address space         2147483648 ") != std::string::npos);
#endif
    for (const auto& fd : std::filesystem::directory_iterator(status["directory"] + "/fd"))
      CHECK(std::atoi(fd.path().filename().c_str()) <= 4);
  }
}

TEST_CASE("the sandbox refuses what a compile never needs") {
  const auto scratch = ScratchDirectory::make("/tmp");
  REQUIRE(scratch);
  const auto outcome = run_child({{BURIN_BIN_DIR "/burin-compile", "--check-sandbox", scratch->path().string()}, ""});
  REQUIRE(outcome);
  INFO(outcome->output << outcome->messages);
  CHECK(outcome->wait_status == 0);
  CHECK(outcome->output.find("read shim: possible") == 0);
  CHECK(std::count(outcome->output.begin(), outcome->output.end(), '\n') == 18);
  CHECK(outcome->output.find("ALLOWED") == std::string::npos);
}

TEST_CASE("a directory that others can enter is refused") {
  const auto scratch = ScratchDirectory::make("/tmp");
  REQUIRE(scratch);
  std::filesystem::permissions(scratch->path(), std::filesystem::perms(0777));
  const auto outcome = run_child({{BURIN_BIN_DIR "/burin-compile", scratch->path().string(), "1000000000", "5"}, ""});
  REQUIRE(outcome);
  CHECK(WEXITSTATUS(outcome->wait_status) == 12);
  CHECK(outcome->messages.find("must belong to user") != std::string::npos);
}

TEST_CASE("without root a compile works too") {
  if (::geteuid() != 0) return;  // the other tests run this case already
  // The build folder may be closed to others: the copy is what an installed one would be.
  const auto place = std::filesystem::path("/tmp") / ("burin-live-user-" + std::to_string(::getpid()));
  std::filesystem::create_directory(place);
  std::filesystem::permissions(place, std::filesystem::perms(0755));
  std::filesystem::copy_file(BURIN_BIN_DIR "/burin-compile", place / "burin-compile");
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(1234) != 0 || ::setuid(1234) != 0) ::_exit(2);
    CompilerOptions options;
    options.executable = place / "burin-compile";
    ::_exit(Compiler(options, nullptr).compile(burin_test::source_of("int p0(void *ctx) { return 0; }\n")) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  std::filesystem::remove_all(place);
}

TEST_CASE("a signal mask and handlers of the caller do not reach the compiler") {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const auto outcome = run_child({{"/bin/grep", "SigBlk", "/proc/self/status"}, ""});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(outcome);
  CHECK(outcome->output == "SigBlk:\t0000000000000000\n");
}

TEST_CASE("child processes: input, both outputs, status, limits and deadline") {
  const std::string large(3 << 20, 'x');
  const auto echo = run_child({{"/bin/cat"}, large});
  REQUIRE(echo);
  CHECK(echo->output == large);
  const auto deaf = run_child({{"/bin/true"}, large});  // does not read: no SIGPIPE here
  REQUIRE(deaf);
  CHECK(deaf->wait_status == 0);
  const auto both = run_child({{"/bin/sh", "-c", "echo out; echo err >&2; pwd; exit 7"}, ""});
  REQUIRE(both);
  CHECK(both->output == "out\n/\n");
  CHECK(both->messages == "err\n");
  CHECK(WEXITSTATUS(both->wait_status) == 7);
  ChildRequest loud{{"/bin/sh", "-c", "head -c 100000 /dev/zero"}, ""};
  loud.output_limit = 1000;
  CHECK(run_child(loud).error().code == ErrorCode::Compile);
  ChildRequest chatty{{"/bin/sh", "-c", "head -c 100000 /dev/zero >&2"}, ""};
  chatty.messages_limit = 1000;
  const auto kept = run_child(chatty);
  REQUIRE(kept);
  CHECK(kept->messages.size() == 1000);
  CHECK(kept->messages_dropped == 99'000);
  ChildRequest slow{{"/bin/sh", "-c", "echo begun >&2; exec sleep 60"}, ""};
  slow.timeout = std::chrono::milliseconds(200);
  const auto late = run_child(slow);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::Timeout);
  CHECK(late.error().detail == "begun\n");
  // Closes its outputs and lives on: still ended at the deadline.
  ChildRequest silent{{"/bin/sh", "-c", "exec sleep 60 >&- 2>&-"}, ""};
  silent.timeout = std::chrono::milliseconds(200);
  CHECK(run_child(silent).error().code == ErrorCode::Timeout);
}
