// What comes out of burin-compile for good and for bad programs. Needs neither root nor BPF.
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>

#include "support.h"

using namespace burin;
using burin_test::kSmall;
using burin_test::source_of;

namespace {

ProgramSource small() {
  ProgramSource s = source_of(kSmall);
  s.defines.emplace_back("MEMBER", "2912");
  return s;
}

std::string failing(const Result<ProgramImage>& result) {
  REQUIRE_FALSE(result);
  return result.error().text() + "\n" + result.error().detail;
}

std::string straight_program(int statements) {
  std::string text =
      "struct args { u64 common; u64 a, b; };\nint p0(struct args *args) {\n  volatile u64 x = args->a;\n";
  for (int i = 0; i < statements; ++i) text += "  x = x * 3 + " + std::to_string(i) + ";\n";
  return text + "  return x;\n}\n";
}

/// About `count` instructions that cost LLVM no thought, which the statements above do (quadratically).
std::string long_program(int count) {
  std::string hundred = "  asm volatile(\"";
  for (int i = 0; i < 100; ++i) hundred += "r0 += 1\\n";
  hundred += "\");\n";
  std::string text = "int p0(void *ctx) {\n";
  for (int i = 0; i < count / 100; ++i) text += hundred;
  return text + "  return 0;\n}\n";
}

}  // namespace

TEST_CASE("a small program becomes maps, relocations, BTF and line info") {
  CompileStats stats;
  const auto image = Compiler(burin_test::options(), nullptr).compile(small(), &stats);
  INFO((image ? "" : failing(image)));
  REQUIRE(image);
  CHECK_FALSE(stats.cached);
  CHECK(stats.child_peak_kib > 10'000);
  CHECK(stats.messages == "");

  REQUIRE(image->maps.size() == 3);
  const auto index = [&](const char* name) {
    const auto at =
        std::find_if(image->maps.begin(), image->maps.end(), [&](const MapDef& m) { return m.name == name; });
    REQUIRE(at != image->maps.end());
    return static_cast<std::uint32_t>(at - image->maps.begin());
  };
  const MapDef& counts = image->maps[index("counts")];
  CHECK(counts.type == BPF_MAP_TYPE_HASH);
  CHECK(counts.key_size == 4);
  CHECK(counts.value_size == 8);
  CHECK(counts.max_entries == 512);
  CHECK(counts.btf_key_type_id != 0);
  CHECK(counts.btf_value_type_id != 0);
  CHECK(image->maps[index("config")].type == BPF_MAP_TYPE_ARRAY);
  CHECK(image->maps[index("config")].max_entries == 4);
  CHECK(image->maps[index("events")].type == BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  CHECK(image->maps[index("events")].max_entries == 0);  // not the number of processors here

  REQUIRE(image->programs.size() == 1);
  const ProgramDef& p0 = image->programs[0];
  CHECK(p0.function == "p0");
  CHECK(p0.type == ProgramType::Tracepoint);
  CHECK(p0.license == "GPL");
  CHECK(p0.kern_version == 393216);
  // config, counts (lookup and update), events.
  REQUIRE(p0.relocs.size() == 4);
  std::vector<std::uint32_t> maps;
  for (const MapReloc& reloc : p0.relocs) maps.push_back(reloc.map);
  CHECK(std::count(maps.begin(), maps.end(), index("counts")) == 2);
  CHECK(std::count(maps.begin(), maps.end(), index("config")) == 1);
  CHECK(std::count(maps.begin(), maps.end(), index("events")) == 1);
  // The explicit helper stays what the text says; BCC must not have fallen back to bpf_probe_read (4).
  const auto calls = [&](std::int32_t helper) {
    return std::count_if(p0.insns.begin(), p0.insns.end(), [&](std::uint64_t raw) {
      bpf_insn insn;
      std::memcpy(&insn, &raw, sizeof insn);
      return insn.code == (BPF_JMP | BPF_CALL) && insn.imm == helper;
    });
  };
  CHECK(calls(BPF_FUNC_probe_read_kernel) == 1);
  CHECK(calls(BPF_FUNC_probe_read) == 0);
}

TEST_CASE("line info quotes the generated text with its markers") {
  const auto image = Compiler(burin_test::options(), nullptr).compile(small());
  REQUIRE(image);
  const ProgramDef& p0 = image->programs[0];
  REQUIRE(p0.line_info_rec_size >= sizeof(bpf_line_info));
  CHECK(p0.func_info.size() == p0.func_info_rec_size);
  btf* types = btf__new(image->btf.data(), static_cast<__u32>(image->btf.size()));
  REQUIRE(types != nullptr);
  bool marked = false;
  for (std::size_t at = 0; at + p0.line_info_rec_size <= p0.line_info.size(); at += p0.line_info_rec_size) {
    bpf_line_info line;
    std::memcpy(&line, p0.line_info.data() + at, sizeof line);
    CHECK(line.insn_off < p0.insns.size());
    const char* text = btf__str_by_offset(types, line.line_off);
    marked |= text != nullptr && std::strstr(text, "/*@2*/") != nullptr;
  }
  CHECK(marked);
  btf__free(types);
}

TEST_CASE("the same source gives the same image") {
  const Compiler compiler(burin_test::options(), nullptr);
  const auto first = compiler.compile(small()), second = compiler.compile(small());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
}

TEST_CASE("which helpers a program calls does not depend on the machine that compiles") {
  // BCC replaces these two by bpf_probe_read (4) where it does not find them in /proc/kallsyms, which nobody without
  // privileges can read.
  const auto image = Compiler(burin_test::options(), nullptr)
                         .compile(source_of("int p0(void *ctx) {\n  u64 x = 0;\n"
                                            "  bpf_probe_read_kernel(&x, sizeof x, (void *)bpf_get_current_task());\n"
                                            "  bpf_probe_read_user(&x, sizeof x, (void *)x);\n  return x;\n}\n"));
  REQUIRE(image);
  std::vector<std::int32_t> calls;
  for (const std::uint64_t raw : image->programs[0].insns) {
    bpf_insn insn;
    std::memcpy(&insn, &raw, sizeof insn);
    if (insn.code == (BPF_JMP | BPF_CALL)) calls.push_back(insn.imm);
  }
  CHECK(calls ==
        std::vector<std::int32_t>{BPF_FUNC_get_current_task, BPF_FUNC_probe_read_kernel, BPF_FUNC_probe_read_user});
}

TEST_CASE("clang's errors point at the policy") {
  ProgramSource s = source_of(
      "struct args { u64 common; };\n"
      "int p0(struct args *args) {\n"
      "  return nonsense; /*@7*/\n"
      "  return other;\n"
      "}\n");
  s.origins = {{7, {"policy.yaml", 12, 9, 5}, "selector 1, NotDAddr"}};
  const auto image = Compiler(burin_test::options(), nullptr).compile(s);
  const std::string text = failing(image);
  INFO(text);
  CHECK(image.error().code == ErrorCode::Compile);
  CHECK(
      image.error().message ==
      "clang refused the program generated for test: policy.yaml:12:9 (selector 1, NotDAddr): error: use of undeclared "
      "identifier 'nonsense'");
  REQUIRE(image.error().span);
  CHECK(*image.error().span == s.origins[0].span);
  CHECK(image.error().detail.find("generated code line 4:10: error: use of undeclared identifier 'other'") !=
        std::string::npos);
}

TEST_CASE("warnings of a compile that succeeds are handed on") {
  CompileStats stats;
  ProgramSource s = source_of(
      "struct args { u64 c; u32 a; };\nint p0(struct args *args) {\n  int x = \"y\"; /*@3*/\n  return 0;\n}\n");
  s.origins = {{3, {"policy.yaml", 4, 0, 1}, ""}};
  REQUIRE(Compiler(burin_test::options(), nullptr).compile(s, &stats));
  CHECK(stats.messages.find("policy.yaml:4: warning: ") != std::string::npos);
}

TEST_CASE("a request without kernel version is refused in words") {
  ProgramSource s = small();
  s.defines.erase(s.defines.begin());
  CHECK(failing(Compiler(burin_test::options(), nullptr).compile(s)).find("defines no LINUX_VERSION_CODE") !=
        std::string::npos);
}

TEST_CASE("defines and names outside the closed lists are refused") {
  const Compiler compiler(burin_test::options(), nullptr);
  for (const auto& define :
       {std::pair<std::string, std::string>{"A B", "1"}, {"A", "1 -include /etc/passwd"}, {"A=1", ""}, {"", "1"}}) {
    ProgramSource s = small();
    s.defines.push_back(define);
    const auto image = compiler.compile(s);
    CHECK(failing(image).find("a define must be an identifier") != std::string::npos);
    CHECK(image.error().code == ErrorCode::Internal);
  }
  ProgramSource s = small();
  s.programs[0].function = "p0;";
  CHECK(failing(compiler.compile(s)).find("not a C identifier") != std::string::npos);
}

TEST_CASE("a program that the text does not define is named") {
  ProgramSource s = small();
  s.programs.push_back({"p1", ProgramType::Kprobe});
  CHECK(failing(Compiler(burin_test::options(), nullptr).compile(s)).find("the text has no program p1") !=
        std::string::npos);
}

TEST_CASE("a function that is not inlined is refused: BCC hands out functions one by one") {
  const auto image =
      Compiler(burin_test::options(), nullptr)
          .compile(source_of("struct args { u64 common; u64 a, b; };\n"
                             "__attribute__((noinline)) static u64 f(u64 a, u64 b) { return a * b + 7; }\n"
                             "int p0(struct args *args) {\n  return f(args->a, args->b) + f(args->b, 3);\n}\n"));
  CHECK(failing(image).find("p0 calls a function that is not inlined") != std::string::npos);
}

TEST_CASE("a private directory that the compiler cannot reach is named with the cure") {
  if (::geteuid() != 0) return;  // without root there is no change of user
  const auto parent = std::filesystem::path("/tmp") / ("burin-live-closed-" + std::to_string(::getpid()));
  REQUIRE(std::filesystem::create_directory(parent));
  std::filesystem::permissions(parent, std::filesystem::perms(0700));
  CompilerOptions options = burin_test::options();
  options.scratch = parent;
  const auto image = Compiler(options, nullptr).compile(small());
  CHECK(failing(image).find("user 65534 cannot reach " + parent.string()) != std::string::npos);
  CHECK(image.error().code == ErrorCode::Unsupported);
  CHECK(std::filesystem::is_empty(parent));
  std::filesystem::remove(parent);
}

TEST_CASE("errors of LLVM's back end, which end the process, are errors here") {
  const Compiler compiler(burin_test::options(), nullptr);
  const std::string head = "struct args { u64 common; s64 a, b; };\n";
  SECTION("stack frame over 512 bytes") {
    const auto image =
        compiler.compile(source_of(head + "int p0(struct args *args) {\n  char b[600] = {};\n  bpf_probe_read(b, 600, "
                                          "args);\n  return b[args->a & 511];\n}\n"));
    const std::string text = failing(image);
    INFO(text);
    CHECK(image.error().code == ErrorCode::Compile);
    CHECK(image.error().message.find("exit status 1") != std::string::npos);
    CHECK(text.find("stack limit") != std::string::npos);
  }
  SECTION("signed division aborts") {
    const auto image =
        compiler.compile(source_of(head + "int p0(struct args *args) {\n  return args->a / args->b;\n}\n"));
    const std::string text = failing(image);
    INFO(text);
    CHECK(image.error().code == ErrorCode::Compile);
    CHECK(text.find("SIGABRT") != std::string::npos);
  }
}

TEST_CASE("a function that is too long for LLVM's branch offsets is refused by name and number") {
  const auto image = Compiler(burin_test::options(), nullptr).compile(source_of(long_program(33'000)));
  const std::string text = failing(image);
  INFO(text);
  CHECK(image.error().code == ErrorCode::Compile);
  CHECK(text.find("function p0 of test compiles to ") != std::string::npos);
  CHECK(text.find("32000") != std::string::npos);
  const auto fits = Compiler(burin_test::options(), nullptr).compile(source_of(long_program(31'000)));
  REQUIRE(fits);
  CHECK(fits->programs[0].insns.size() >= 31'000);
}

TEST_CASE("a compile that takes too long is ended, and nothing is left behind") {
  CompilerOptions options = burin_test::options();
  const auto parent = std::filesystem::path("/tmp") / ("burin-live-compile-" + std::to_string(::getpid()));
  REQUIRE(std::filesystem::create_directory(parent));
  options.scratch = parent;
  options.timeout = std::chrono::milliseconds(300);
  const auto start = std::chrono::steady_clock::now();
  const auto image = Compiler(options, nullptr).compile(source_of(straight_program(60'000)));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  REQUIRE_FALSE(image);
  CHECK(image.error().code == ErrorCode::Timeout);
  CHECK(took.count() < 5);
  CHECK(std::filesystem::is_empty(parent));
  std::filesystem::remove(parent);
}

#if !defined(__SANITIZE_ADDRESS__)  // there the compiler sets no RLIMIT_AS
TEST_CASE("a compile that needs too much memory is an error and not a loss") {
  CompilerOptions options = burin_test::options();
  options.memory_limit = 300ULL << 20;
  const auto image = Compiler(options, nullptr).compile(source_of(straight_program(60'000)));
  REQUIRE_FALSE(image);
  INFO(image.error().text());
  CHECK(image.error().code == ErrorCode::Compile);
  CHECK(image.error().message.find("than its limit of 300 MiB") != std::string::npos);
}
#endif

TEST_CASE("eight compiles at once") {
  const Compiler compiler(burin_test::options(), nullptr);
  std::vector<Result<ProgramImage>> images(8, fail(ErrorCode::Internal, "not run"));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < images.size(); ++i)
      threads.emplace_back([&, i] {
        ProgramSource s = small();
        s.defines[1].second = std::to_string(1000 + i);
        images[i] = compiler.compile(s);
      });
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    INFO((images[i] ? "" : failing(images[i])));
    REQUIRE(images[i]);
    for (std::size_t j = 0; j < i; ++j) CHECK(images[i]->programs[0].insns != images[j]->programs[0].insns);
  }
}

TEST_CASE("a missing burin-compile is named") {
  CompilerOptions options = burin_test::options();
  options.executable = "/nonexistent/burin-compile";
  const auto image = Compiler(options, nullptr).compile(small());
  CHECK(failing(image).find("/nonexistent/burin-compile") != std::string::npos);
  CHECK(image.error().code == ErrorCode::Unsupported);
  CHECK(Compiler(options, nullptr).id().error().code == ErrorCode::Unsupported);
}

TEST_CASE("the second compile comes from the cache, whatever the origins say") {
  const auto directory = std::filesystem::path("/tmp") / ("burin-live-cache-" + std::to_string(::getpid()));
  {
    const auto store = ImageStore::open(directory);
    REQUIRE(store);
    const Compiler compiler(burin_test::options(), &*store);
    CompileStats stats;
    ProgramSource s = small();
    const auto first = compiler.compile(s, &stats);
    REQUIRE(first);
    CHECK_FALSE(stats.cached);
    CHECK(stats.cache_trouble == "");
    s.origins = {{1, {"policy.yaml", 3, 1, 1}, "moved"}};
    const auto second = compiler.compile(s, &stats);
    REQUIRE(second);
    CHECK(stats.cached);
    CHECK(*first == *second);
    s.defines[1].second = "16";
    REQUIRE(compiler.compile(s, &stats));
    CHECK_FALSE(stats.cached);
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("cold compile time", "[.][bench]") {
  const Compiler compiler(burin_test::options(), nullptr);
  for (const auto& [name, source] :
       {std::pair{"trivial", source_of("int p0(void *ctx) { return 0; }\n")}, {"small", small()}}) {
    std::vector<double> times;
    CompileStats stats;
    for (int i = 0; i < 15; ++i) {
      REQUIRE(compiler.compile(source, &stats));
      times.push_back(stats.seconds);
    }
    std::sort(times.begin(), times.end());
    std::cout << name << ": median " << times[7] << " s, best " << times[0] << " s, peak "
              << stats.child_peak_kib / 1024 << " MiB\n";
  }
}
