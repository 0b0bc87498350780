// The one main() of all Catch2 test programs: exits 77 when a test said that this machine cannot run it.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "support/skip.h"

int main(int argc, char** argv) {
  const int failed = Catch::Session().run(argc, argv);
  if (failed == 0 && burin_test::skipped()) return 77;
  return failed;
}

namespace burin_test {
namespace {
bool g_skipped = false;
}
void skip(const std::string& reason) {
  g_skipped = true;
  std::cerr << "SKIPPED: " << reason << std::endl;
}
bool skipped() {
  return g_skipped;
}
}  // namespace burin_test
