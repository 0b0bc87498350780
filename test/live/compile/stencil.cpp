// Units that are compiled before the host is known: filled in they are what the compiler makes for that host, and what
// cannot be filled in is not.
#include "compile/stencil.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "support.h"

using namespace burin;
using burin_test::source_of;

namespace {

/// Offsets by themselves, added, as a difference that a condition multiplies, and as the offset of a load.
constexpr const char* kText = R"(
static long (*kread)(void *, u32, const void *) = (void *)BPF_FUNC_probe_read_kernel;
BPF_ARRAY(seen, u64, 4);
int p0(void *ctx) {
  u64 task = bpf_get_current_task(), a = 0, b = 0;
  kread(&a, sizeof a, (void *)(task + L_a));
  kread(&b, sizeof b, (void *)(a + L_b + L_c));
  u64 at = b > a ? task + L_a : task + L_c;
  kread(&b, sizeof b, (void *)at);
  u32 zero = 0;
  u64 *slot = seen.lookup(&zero);
  if (slot) *slot = b + *(u32 *)(ctx + T_x);
  return 0;
}
)";

const std::vector<std::string> kHoles = {"LINUX_VERSION_CODE", "L_a", "L_b", "L_c", "T_x"};

ProgramSource unfilled(const char* text = kText) {
  ProgramSource s = source_of(text);
  s.defines = {{"PAGE_SIZE", "4096"}};
  s.lines = false;
  return s;
}

ProgramSource filled(std::initializer_list<long> numbers) {
  ProgramSource s = unfilled();
  std::size_t i = 0;
  for (const long n : numbers) s.defines.emplace_back(kHoles[i++], std::to_string(n));
  return s;
}

Result<ProgramImage> compile(const ProgramSource& source) {
  return Compiler(burin_test::options(), nullptr).compile(source);
}

const Stencil& stencil() {
  static const Stencil made = [] {
    auto result = make_stencil(unfilled(), kHoles, compile);
    if (!result) FAIL(result.error().text() << "\n" << result.error().detail);
    return std::move(*result);
  }();
  return made;
}

}  // namespace

TEST_CASE("a stencil that is filled in is what the compiler makes") {
  CHECK(stencil().places.size() == 4);
  std::srand(11);
  for (int i = 0; i < 20; ++i) {
    const auto odd = [] { return 257 + 2 * (std::rand() % 7000); };  // no power of two, nor a difference that is one
    const ProgramSource source = filled({394000 + i, odd(), odd(), odd(), odd()});
    const auto expected = compile(source);
    REQUIRE(expected);
    const auto image = fill(stencil(), source);
    REQUIRE(image);
    if (expected->programs[0].insns.size() == image->programs[0].insns.size()) CHECK(*image == *expected);
    CHECK(image->programs[0].kern_version == static_cast<std::uint32_t>(394000 + i));
  }
  CHECK(*fill(stencil(), filled({394000, 3001, 5007, 1111, 48})) == *compile(filled({394000, 3001, 5007, 1111, 48})));
}

TEST_CASE("what a stencil is not for it does not fill") {
  const ProgramSource good = filled({394000, 1, 2, 3, 4});
  REQUIRE(fill(stencil(), good));
  const auto refused = [](ProgramSource s) { CHECK_FALSE(fill(stencil(), s)); };
  ProgramSource s = good;
  s.text += " ";
  refused(s);
  s = good;
  s.lines = true;
  refused(s);
  s = good;
  s.defines[0].second = "65536";  // the page size is not a hole
  refused(s);
  s = good;
  s.defines.pop_back();
  refused(s);
  s = good;
  s.defines.emplace_back("MORE", "1");
  refused(s);
  s = good;
  s.defines[1].second = "four";
  refused(s);
  s = good;
  s.programs[0].type = ProgramType::Kprobe;
  refused(s);
  refused(filled({394000, 1, 2, 3, 40000}));           // 16 bits
  refused(filled({394000, 5'000'000'000L, 2, 3, 4}));  // 32 bits
  CHECK(fill(stencil(), filled({394000, 70000, 2, 3, 4})));
}

TEST_CASE("a program whose shape or numbers do not simply follow from the macros makes no stencil") {
  const auto why = [](const char* text) {
    const auto made = make_stencil(unfilled(text), {"LINUX_VERSION_CODE", "N"}, compile);
    return made ? std::string("made") : made.error().message;
  };
  CHECK_THAT(why("int p0(void *ctx) { return N * N; }"), Catch::Contains("is no sum of macros"));
  CHECK_THAT(why("int p0(void *ctx) {\n#if N > 4000\n  return bpf_ktime_get_ns();\n#else\n  return N;\n#endif\n}"),
             Catch::Contains("asks for a macro's value: #if N > 4000"));
  CHECK_THAT(why("int p0(void *ctx) {\n#if defined(A) || \\\n    N == 1000\n  return 5;\n#endif\n  return N;\n}"),
             Catch::Contains("asks for a macro's value"));
  CHECK_THAT(why("int p0(void *ctx) {\n#if defined(N)\n  return N;\n#endif\n  return 0;\n}"), Catch::Equals("made"));
  CHECK_THAT(why("int p0(void *ctx) {\n  if (N > 4000) return bpf_ktime_get_ns();\n  return N;\n}"),
             Catch::Contains("the shape of the programs") || Catch::Contains("filled in"));
  CHECK_THAT(why("int p0(void *ctx) { return N + 3; }"), Catch::Equals("made"));
}

TEST_CASE("stencils survive their bytes, and damaged bytes are refused or harmless") {
  const std::string bytes = encode_stencils({stencil(), stencil()});
  const auto read = decode_stencils(bytes);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[1].image == stencil().image);
  CHECK((*read)[1].places == stencil().places);
  const ProgramSource good = filled({394000, 3001, 5007, 1111, 48});
  const auto image = fill_from(bytes, good);
  REQUIRE(image);
  REQUIRE(*image);
  CHECK(**image == *fill(stencil(), good));
  CHECK_FALSE(fill_from(bytes.substr(0, bytes.size() / 2), unfilled("int p0(void *ctx) { return 0; }")));
  std::srand(12);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = bytes;
    bad[static_cast<std::size_t>(std::rand()) % bad.size()] ^= static_cast<char>(1 << (std::rand() % 8));
    (void)fill_from(bad, good);
    (void)decode_stencils(bad.substr(0, static_cast<std::size_t>(std::rand()) % bad.size()));
  }
}

TEST_CASE("a compiler that was started ahead is taken by the first compile, and ended when nobody takes it") {
  CompilerOptions options = burin_test::options();
  options.started = start_ahead(options);
  REQUIRE(options.started);
  const Compiler compiler(options, nullptr);
  const ProgramSource source = filled({394000, 3001, 5007, 1111, 48});
  const auto first = compiler.compile(source), second = compiler.compile(source);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
  auto idle = start_ahead(options);
  REQUIRE(idle);
  idle.reset();  // would wait for ever if it were not ended
  options.executable = "/nonexistent/burin-compile";
  CHECK_FALSE(start_ahead(options));
}
