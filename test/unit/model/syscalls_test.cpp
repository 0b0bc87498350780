// The tables of syscalls against the headers this was compiled with.
#include "model/syscalls.h"

#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <set>

using namespace burin;

TEST_CASE("numbers have names, and names numbers") {
#ifdef __x86_64__
  CHECK(syscall_name("x64", SYS_execve) == "execve");
  CHECK(syscall_name("x64", SYS_openat) == "openat");
  CHECK(syscall_number("x64", "clone3") == SYS_clone3);
#endif
  CHECK(syscall_name("i386", 4) == "write");
  CHECK(syscall_name("i386", 11) == "execve");
  CHECK(syscall_name("arm64", 221) == "execve");
  CHECK(syscall_name("arm64", 25) == "fcntl");
  CHECK(syscall_number("arm64", "open") == std::nullopt);
  CHECK(syscall_name("x64", 99999).empty());
  CHECK(syscall_name("x64", std::uint64_t{1} << 32).empty());
  CHECK(syscall_name("arm32", 4).empty());
  CHECK(syscall_names("arm32").empty());
  for (const char* abi : {"x64", "i386", "arm64"}) {
    std::set<std::string_view> seen;
    for (const std::string_view name : syscall_names(abi)) {
      CHECK(seen.insert(name).second);
      const auto number = syscall_number(abi, name);
      REQUIRE(number);
      CHECK(syscall_name(abi, *number) == name);
    }
    CHECK(seen.size() > 300);
  }
}

TEST_CASE("parameters are the kernel's") {
  const auto openat = syscall_parameters("openat");
  REQUIRE(openat);
  REQUIRE(openat->size() == 4);
  CHECK((*openat)[0].type == "int");
  CHECK((*openat)[0].name == "dfd");
  CHECK((*openat)[1].type == "const char *");
  CHECK((*openat)[1].name == "filename");
  REQUIRE(syscall_parameters("getpid"));
  CHECK(syscall_parameters("getpid")->empty());
  CHECK_FALSE(syscall_parameters("tuxcall"));
}
