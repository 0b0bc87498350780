// No burin-compile is the host's lack; --require-image without an image is the caller's.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "compile/compiler.h"
#include "sample.h"

using namespace burin;
using namespace burin_test;

namespace {

std::string new_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "burin-no-compiler-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  return name;
}

struct Cache {
  std::string path = new_directory();
  Result<ImageStore> store = ImageStore::open(path);
  ~Cache() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("without burin-compile a compile is unsupported, with a cache and without") {
  const Cache cache;
  REQUIRE(cache.store);
  CompilerOptions options;
  options.executable = "/nonexistent/burin-compile";
  for (const ImageStore* store : {&*cache.store, static_cast<const ImageStore*>(nullptr)}) {
    const auto image = Compiler(options, store).compile(sample_source());
    REQUIRE_FALSE(image);
    CHECK(image.error().code == ErrorCode::Unsupported);
    CHECK(image.error().text().find("/nonexistent/burin-compile") != std::string::npos);
  }
  CHECK(Compiler(options, nullptr).id().error().code == ErrorCode::Unsupported);
}

TEST_CASE("with --require-image the image is what is missing") {
  const Cache cache;
  REQUIRE(cache.store);
  CompilerOptions options;
  options.executable = "/nonexistent/burin-compile";
  options.require_image = true;
  for (const ImageStore* store : {&*cache.store, static_cast<const ImageStore*>(nullptr)}) {
    const auto image = Compiler(options, store).compile(sample_source());
    REQUIRE_FALSE(image);
    CHECK(image.error().code == ErrorCode::NotFound);
    CHECK(image.error().text().find("--require-image") != std::string::npos);
  }
}

TEST_CASE("a bundle whose image does not serve says so where there is no compiler") {
  CompilerOptions options;
  options.executable = "/nonexistent/burin-compile";
  auto shipped = std::make_shared<ImageSet>();
  auto other = sample_source();
  other.text += "int another;\n";
  shipped->add({other, sample_image()});
  options.shipped = shipped;
  const auto image = Compiler(options, nullptr).compile(sample_source());
  REQUIRE_FALSE(image);
  CHECK(image.error().code == ErrorCode::Unsupported);
  CHECK(image.error().text().find("the bundle's image of " + sample_source().name + " does not serve here") !=
        std::string::npos);
}
