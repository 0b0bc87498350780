// Binaries made here by the compiler: symbols, USDT notes, build ids, digests.
#include "elf/binary.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace burin;
namespace fs = std::filesystem;

namespace {

/// What sys/sdt.h makes of a probe: a nop and a note that names it.
constexpr const char* kProgram = R"C(
unsigned short gate __attribute__((section(".probes"))) = 0x5a17;
__asm__(".section .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n.weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.previous\n");
#define NOTE(name, semaphore, args)                                                            \
  "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n" \
  "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte " semaphore \
  "\n.asciz \"shop\"\n.asciz \"" name "\"\n.asciz \"" args "\"\n994: .balign 4\n.popsection\n"
__attribute__((noinline)) int sell(int count) {
  __asm__ volatile(NOTE("sold", "gate", "-4@%edi 8@$-7"));
  __asm__ volatile(NOTE("sold", "0", "-4@-4(%rbp)"));
  return count + gate;
}
int main(int argc, char** argv) { return sell(argc); }
)C";

struct Built {
  fs::path dir = fs::temp_directory_path() / ("burin-elf-" + std::to_string(::getpid()));
  std::string path = dir / "shop";
  explicit Built(const std::string& flags) {
    fs::create_directories(dir);
    std::ofstream(dir / "shop.c") << kProgram;
    REQUIRE(std::system(
                ("cc -O1 " + flags + " -Wl,--build-id=0x0123456789abcdef -o " + path + " " + (dir / "shop.c").string())
                    .c_str()) == 0);
  }
  ~Built() { fs::remove_all(dir); }
};

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe)) out += buffer;
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

}  // namespace

TEST_CASE("symbols, probes and build id of a binary") {
  const Built built(GENERATE("-no-pie", "-pie -fPIE"));
  const auto binary = Binary::open(built.path);
  REQUIRE(binary);
  CHECK(binary->build_id() == "0123456789abcdef");
  const auto sell = binary->offset_of("sell");
  REQUIRE(sell);
  CHECK(binary->is_code(*sell));
  CHECK_FALSE(binary->is_code(0));
  CHECK(binary->function_at(*sell + 1) == "sell");
  CHECK(binary->function_at(1).empty());
  CHECK(binary->offset_of("no_such_function").error().code == ErrorCode::NotFound);
  const auto functions = binary->functions();
  CHECK(std::ranges::count(functions, std::string("main"), &BinarySymbol::name) == 1);
  for (const auto& f : functions)
    if (f.name == "sell") CHECK(*binary->offset_at(f.address) == *sell);

  const auto probes = binary->usdt_probes();
  REQUIRE(probes);
  REQUIRE(probes->size() == 2);
  for (const auto& p : *probes) {
    CHECK(p.provider == "shop");
    CHECK(p.name == "sold");
    CHECK(p.offset >= *sell);
    CHECK(binary->function_at(p.offset) == "sell");
  }
  CHECK((*probes)[0].spec == "-4@%edi 8@$-7");
  CHECK((*probes)[1].semaphore_offset == 0);
  // The semaphore is where `gate` is in the file, with the value that it begins with.
  std::ifstream file(built.path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>((*probes)[0].semaphore_offset));
  CHECK(file.get() == 0x17);
  CHECK(file.get() == 0x5a);
  file.seekg(static_cast<std::streamoff>((*probes)[0].offset));
  CHECK(file.get() == 0x90);  // the probe's nop
}

TEST_CASE("what is no binary is refused with the reason") {
  CHECK(Binary::open("/no/such/file").error().code == ErrorCode::NotFound);
  CHECK(Binary::open("/etc/passwd").error().message.find("is no ELF file") != std::string::npos);
  CHECK(Binary::open("/").error().code != ErrorCode::NotFound);
}

TEST_CASE("a binary with damaged bytes never does harm") {
  const Built built("-no-pie");
  std::ifstream in(built.path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  std::uint32_t random = 12345;
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 20; ++i) {
      random = random * 1664525 + 1013904223;
      bytes[16 + random % (bytes.size() - 16)] = static_cast<char>(random >> 24);
    }
    const std::string path = built.dir / "damaged";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    const auto binary = Binary::open(path);
    if (!binary) continue;
    (void)binary->functions();
    (void)binary->usdt_probes();
    (void)binary->build_id();
    (void)binary->function_at(4200);
  }
  SUCCEED();
}

TEST_CASE("argument specifications") {
  const auto args =
      parse_usdt_args("-4@%edi 8@%r12 1@$255 -8@$-9 4@-20(%rbp) 2@(%rax) -1@8(%rbx,%rcx,4) 8@0x10(,%rdx,8) %rsi");
  REQUIRE(args);
  REQUIRE(args->size() == 9);
  using Place = UsdtArg::Place;
  const auto& a = *args;
  CHECK((a[0].place == Place::Register && a[0].base == "di" && a[0].size == 4 && a[0].is_signed));
  CHECK((a[1].base == "r12" && a[1].size == 8 && !a[1].is_signed));
  CHECK((a[2].place == Place::Constant && a[2].number == 255 && a[2].size == 1));
  CHECK((a[3].number == -9 && a[3].is_signed));
  CHECK((a[4].place == Place::Memory && a[4].base == "bp" && a[4].number == -20 && a[4].index.empty()));
  CHECK((a[5].base == "ax" && a[5].number == 0 && a[5].size == 2));
  CHECK((a[6].base == "bx" && a[6].index == "cx" && a[6].scale == 4 && a[6].number == 8 && a[6].size == 1));
  CHECK((a[7].base.empty() && a[7].index == "dx" && a[7].scale == 8 && a[7].number == 16));
  CHECK((a[8].base == "si" && a[8].size == 8));
  CHECK(parse_usdt_args("")->empty());
  for (const char* bad : {"4@", "3@%eax", "4@%xmm0", "4@sym(%rip)", "4@5", "4@(%rax", "4@(%rax,%rbx,3)", "x@%eax",
                          "4@()", "4@(%rax,%rbx,4,%rcx)", "4@$", "4@%ah"})
    CHECK_FALSE(parse_usdt_args(bad));
}

TEST_CASE("digests are those of the system's tools") {
  const fs::path path = fs::temp_directory_path() / ("burin-digest-" + std::to_string(::getpid()));
  for (const std::size_t size : {0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 65535, 65536, 65537, 300000}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    for (const char* algorithm : {"sha1", "sha256", "sha384", "sha512"}) {
      INFO(algorithm << " of " << size << " bytes");
      const std::string out = output_of(std::string(algorithm) + "sum " + path.string());
      CHECK(file_digest(path, algorithm).value() == out.substr(0, out.find(' ')));
    }
  }
  CHECK_FALSE(file_digest(path, "md5"));
  CHECK_FALSE(file_digest("/no/such/file", "sha1"));
  fs::remove(path);
}
