// Names for addresses: a made-up kallsyms, and this very process.
#include <dlfcn.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "symbols/kernel_symbols.h"
#include "symbols/symbolizer.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/burin-symbols.XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
  fs::path path;
};

std::vector<StackFrame> frames(std::initializer_list<std::uint64_t> addresses) {
  std::vector<StackFrame> out;
  for (const auto a : addresses) out.emplace_back().address = a;
  return out;
}

}  // namespace

TEST_CASE("a kernel address is in the nearest function below it") {
  const Folder folder;
  folder.write("kallsyms",
               "ffffffff81000000 T first\nffffffff81000100 t second\nffffffff81000100 T alias\n"
               "ffffffff81000080 D data\nffffffffc0000000 t probe\t[nf_nat]\n");
  Symbolizer symbols(folder.path);
  auto stack = frames({0xffffffff81000010, 0xffffffff81000100, 0xffffffffc0000020, 0x1000, 0xffffffffd0000000});
  symbols.name_kernel(stack);
  CHECK(stack[0].symbol == "first");
  CHECK(stack[0].offset == 0x10);
  // A return address right behind the end of `first`: the call was in `first`.
  CHECK(stack[1].symbol == "first");
  CHECK(stack[1].offset == 0x100);
  CHECK(stack[2].symbol == "probe");
  CHECK(stack[2].module == "nf_nat");
  CHECK(stack[3].symbol == "unknown");
  CHECK(stack[4].symbol == "unknown");  // megabytes behind the last function: in none that we know
}

TEST_CASE("hidden kernel addresses give no names") {
  const Folder folder;
  folder.write("kallsyms", "0000000000000000 T first\n0000000000000000 T second\n");
  CHECK_FALSE(KernelSymbols::load(folder.path / "kallsyms"));
  Symbolizer symbols(folder.path);
  auto stack = frames({0xffffffff81000010});
  symbols.name_kernel(stack);
  CHECK(stack[0].symbol == "unknown");
  CHECK(stack[0].offset == 0);
}

TEST_CASE("functions of this process and of the C library have names") {
  Symbolizer symbols("/proc");
  void* const getpid_address = ::dlsym(RTLD_DEFAULT, "getpid");
  REQUIRE(getpid_address);
  auto stack = frames({reinterpret_cast<std::uint64_t>(getpid_address) + 1, 8});
  symbols.name_user(static_cast<std::uint32_t>(::getpid()), 1, stack);
  CHECK(stack[0].symbol.find("getpid") != std::string::npos);
  CHECK(stack[0].module.find("libc") != std::string::npos);
  CHECK(stack[0].offset > 0);
  CHECK(stack[0].offset < 0x1000000);  // in the file, not in memory
  CHECK(stack[1].module.empty());
}

TEST_CASE("what is known of a process outlives it") {
  const Folder folder;
  fs::create_directories(folder.path / "77");
  folder.write("77/maps", "00400000-00500000 r-xp 00002000 08:01 1234   /no/such/program\n");
  Symbolizer symbols(folder.path);
  symbols.remember(77, 5);
  fs::remove_all(folder.path / "77");
  auto stack = frames({0x400010});
  symbols.name_user(77, 5, stack);
  CHECK(stack[0].module == "/no/such/program");
  CHECK(stack[0].offset == 0x2010);
  auto other = frames({0x400010});
  symbols.name_user(77, 6, other);  // another program under the same number
  CHECK(other[0].module.empty());
}
