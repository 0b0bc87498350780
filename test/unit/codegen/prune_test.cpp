// Functions that nothing calls are left out of generated text, and nothing else is.
#include "codegen/prune.h"

#include <catch2/catch.hpp>

using namespace burin;

namespace {

std::string pruned(std::string text, std::size_t markers = 0) {
  std::vector<OriginLine> origins;
  for (std::uint32_t i = 1; i <= markers; ++i) origins.push_back({i, {"x", i, 1, 1}, {}});
  drop_unused_functions(text, origins);
  return text;
}

}  // namespace

TEST_CASE("a function goes when neither a program nor a needed function names it") {
  const std::string text =
      "/* for a */\nstatic __always_inline int leaf(int x) {\n  return x;\n}\n"
      "/* nobody\n * wants this */\nstatic __always_inline u64 unused(int x) {\n  if (x) {\n    return leaf(x);\n  }\n "
      " "
      "return 0;\n}\n"
      "static __always_inline int middle(int x) { return leaf(x); }\n"
      "int p0(void *ctx) {\n  return middle(1);\n}\n";
  const std::string out = pruned(text);
  CHECK(out.find("unused") == std::string::npos);
  CHECK(out.find("nobody") == std::string::npos);
  CHECK(out.find("/* for a */\nstatic __always_inline int leaf") != std::string::npos);
  CHECK(out.find("middle(int x)") != std::string::npos);
  CHECK(out.find("int p0(void *ctx)") != std::string::npos);
}

TEST_CASE("both branches of a conditional stay together, and so does a macro's function") {
  const std::string both =
      "#ifdef A\nstatic __always_inline int f(int x) { return 1; }\n#else\nstatic __always_inline int f(int x) {\n  "
      "return 2;\n}\n#endif\n";
  CHECK(pruned(both + "int p0(void *ctx) {\n  return f(0);\n}\n") == both + "int p0(void *ctx) {\n  return f(0);\n}\n");
  CHECK(pruned(both + "int p0(void *ctx) { return 0; }\n") ==
        "#ifdef A\n#else\n#endif\nint p0(void *ctx) { return 0; }\n");
  const std::string macro = "static __always_inline int g(void) {\n  return 3;\n}\n#define G g()\n";
  CHECK(pruned(macro) == macro);
}

TEST_CASE("a function that a conditional cuts through is left as it is") {
  const std::string cut =
      "#ifdef A\nstatic __always_inline int f(int x) {\n#else\nstatic __always_inline int f(void) {\n#endif\n  return "
      "1;\n}\n";
  CHECK(pruned(cut) == cut);
}

TEST_CASE("markers are numbered anew and lead where they led") {
  std::string text =
      "static __always_inline int gone(int x) { /*@1*/\n  return x; /*@2*/\n} /*@3*/\nint p0(void *ctx) { /*@4*/\n  "
      "return 0; /*@5*/\n} /*@6*/\n";
  std::vector<OriginLine> origins;
  for (std::uint32_t i = 1; i <= 6; ++i) origins.push_back({i, {"x", 10 * i, 1, 1}, {}});
  drop_unused_functions(text, origins);
  CHECK(text == "int p0(void *ctx) { /*@1*/\n  return 0; /*@2*/\n} /*@3*/\n");
  REQUIRE(origins.size() == 3);
  CHECK(origins[0].id == 1);
  CHECK(origins[0].span.line == 40);
  CHECK(origins[2].span.line == 60);
}
