// Texts that no policy can produce, given to the compiler directly: a crash, a hang or an allocation of 10 GB in clang
// is an error text here and nothing else. (Stack frames and divisions: compile.cpp.)
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "compile/child_process.h"
#include "compile/scratch_directory.h"
#include "support.h"

using namespace burin;
using burin_test::source_of;

namespace {

const std::string kHead = "struct args { u64 common; s64 a, b; };\n";

std::string program(const std::string& statements) {
  return kHead + "int p0(struct args *args) {\n" + statements + "\n  return 0;\n}\n";
}

/// The error of a text that must not compile.
Error refused(const std::string& text, const CompilerOptions& options = burin_test::options()) {
  const auto image = Compiler(options, nullptr).compile(source_of(text));
  REQUIRE_FALSE(image);
  UNSCOPED_INFO(image.error().text() << "\n" << image.error().detail);
  return image.error();
}

/// E40 in the text is 2^40 times `atom`.
std::string explosion(const std::string& atom) {
  std::string text = "#define E0 " + atom + "\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string half = "E" + std::to_string(i - 1);
    text += "#define E" + std::to_string(i) + " " + half + " " + half + "\n";
  }
  return text;
}

/// The burin-compile that are children of this process, one after the other: they come and go meanwhile.
std::set<std::string> compilers_seen() {
  std::set<std::string> out;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream children(task.path() / "children");
    for (std::string pid; children >> pid;) {
      std::string name;
      std::getline(std::ifstream("/proc/" + pid + "/comm") >> std::ws, name);
      if (name == "burin-compile") out.insert(pid);
    }
  }
  return out;
}

/// How many ran at the same time: whoever was seen by two looks in turn ran between them.
int compilers() {
  const auto before = compilers_seen(), after = compilers_seen();
  return static_cast<int>(std::ranges::count_if(before, [&](const std::string& pid) { return after.contains(pid); }));
}

}  // namespace

TEST_CASE("what LLVM's back end cannot do is an error that says what") {
  const std::pair<const char*, const char*> texts[] = {
      {"char *b = __builtin_alloca(args->a & 63);\n  bpf_probe_read(b, 8, args);\n  return b[0];",
       "Unsupported dynamic stack allocation"},
      {"char b[64], d[64];\n  bpf_probe_read(b, 64, args);\n  __builtin_memcpy(d, b, args->a & 63);\n  return "
       "d[args->b & "
       "63];",
       "'memcpy' is not supported"},
      {"double d = args->a;\n  return d * 1.5;", "'__floatdidf' is not supported"},
      {"asm volatile(\"nonsense\");", "invalid register/token name"},
      {"char b[10000000000ULL] = {};\n  bpf_probe_read(b, 8, args);\n  return b[args->a];",
       "'memset' is not supported"},
  };
  for (const auto& [statements, words] : texts) {
    const Error error = refused(program(statements));
    CHECK(error.code == ErrorCode::Compile);
    CHECK(error.message.find("the compiler process broke off on test") == 0);
    CHECK(error.message.find(words) != std::string::npos);
  }
}

TEST_CASE("a crash of clang is an error, and the next compile works") {
  const Error fatal = refused("#pragma clang __debug llvm_fatal_error\n" + program(""));
  CHECK(fatal.code == ErrorCode::Compile);
  CHECK(fatal.message.find("SIGABRT") != std::string::npos);
  const Error crash = refused("#pragma clang __debug crash\n" + program(""));
  CHECK(crash.code == ErrorCode::Compile);
  CHECK(crash.message.find("the compiler process broke off on test (signal ") == 0);
  const Error deep = refused(program("return " + std::string(400'000, '~') + "1;"));  // its parser recurses
  CHECK(deep.code == ErrorCode::Compile);
  CHECK(deep.message == "the compiler process broke off on test (signal 11, SIGSEGV)");
  CHECK(Compiler(burin_test::options(), nullptr).compile(source_of(program(""))));
}

TEST_CASE("a text that clang never gets done with is ended") {
  CompilerOptions options = burin_test::options();
  options.timeout = std::chrono::milliseconds(500);
  const Error error = refused(explosion("") + program("E40"), options);  // takes no memory: nothing else would end it
  CHECK(error.code == ErrorCode::Timeout);
  CHECK(error.message.find("the compiler did not finish in 500 ms and was killed") != std::string::npos);
}

TEST_CASE("a compiler whose parent no longer looks at the clock ends by its processor time") {
  const auto scratch = ScratchDirectory::make("/tmp");
  REQUIRE(scratch);
  const std::string input = encode_source(source_of(explosion("") + program("E40")));
  ChildRequest request{{BURIN_BIN_DIR "/burin-compile", scratch->path().string(), "2000000000", "1"}, input};
  const auto outcome = run_child(request);
  REQUIRE(outcome);
  REQUIRE(WIFSIGNALED(outcome->wait_status));
  CHECK(WTERMSIG(outcome->wait_status) == SIGXCPU);
}

#if !defined(__SANITIZE_ADDRESS__)  // there the compiler sets no RLIMIT_AS
TEST_CASE("an allocation beyond the memory limit is an error that names it") {
  const std::string limit = "the compiler needed more memory for test than its limit of 2048 MiB";
  // 10^10 initialisers: one allocation of 10 GB.
  const Error at_once = refused(program("static const char a[] = {[0 ... 10000000000ULL] = 7};\n  return a[args->a];"));
  CHECK(at_once.code == ErrorCode::Compile);
  CHECK(at_once.message.find(limit) == 0);
  // 2^40 tokens, little by little; a smaller limit is reached sooner.
  CompilerOptions options = burin_test::options();
  options.memory_limit = 300ULL << 20;
  const Error creeping = refused(explosion("x +") + program("int x = 1;\n  return E40 1;"), options);
  CHECK(creeping.code == ErrorCode::Compile);
  CHECK(creeping.message.find("the compiler needed more memory for test than its limit of 300 MiB") == 0);
  // A global of 10 GB, which is laid out in the object's section.
  const Error global = refused("char a[10000000000ULL] = {1, 2};\n" + program("return a[args->a];"), options);
  CHECK(global.message.find("than its limit of 300 MiB") != std::string::npos);
}
#endif

TEST_CASE("files that only root can read do not come in by way of a text") {
  if (::geteuid() != 0) return;  // the compiler has then the rights of its caller
  const auto place = std::filesystem::path("/tmp") / ("burin-live-secret-" + std::to_string(::getpid()));
  std::ofstream(place) << "hidden_word;\n";
  ::chmod(place.c_str(), 0600);
  for (const std::string& text :
       {"#include \"" + place.string() + "\"\n" + program(""), "#include_next <" + place.string() + ">\n" + program(""),
        program("asm volatile(\".incbin \\\"" + place.string() + "\\\"\");")}) {
    const Error error = refused(text);
    CHECK(error.code == ErrorCode::Compile);
    CHECK((error.text() + error.detail).find("hidden_word") == std::string::npos);
  }
  std::filesystem::remove(place);
}

TEST_CASE("a hundred compiles at once give a hundred equal images, a few at a time") {
  const Compiler compiler(burin_test::options(), nullptr);
  const auto alone = compiler.compile(source_of(program("return args->a * 3;")));
  REQUIRE(alone);
  std::vector<std::optional<Result<ProgramImage>>> images(100);
  std::atomic<std::size_t> done{0};
  int most = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& image : images)
      threads.emplace_back([&] {
        image = compiler.compile(source_of(program("return args->a * 3;")));
        ++done;
      });
    while (done < images.size()) {
      most = std::max(most, compilers());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  for (const auto& image : images) {
    INFO((*image ? "" : image->error().text()));
    REQUIRE(*image);
    CHECK(**image == *alone);
  }
  CHECK(most >= 1);
  CHECK(most <= static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}
